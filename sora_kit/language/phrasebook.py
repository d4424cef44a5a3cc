"""The sentences that prompt enhancement is made of, as data.

Written the way Sora's own guide asks: one subject, one action and one camera move a shot, light by its
quality and direction, three palette colours, places in three depths. In the beats a verb with ``*``
agrees with its subject ("the kitten launches", "the kittens launch").
"""

from __future__ import annotations

from typing import NamedTuple

from sora_kit.language.lexicon import words
from sora_kit.language.scene import Camera, Framing, Setting, Time, Weather

__all__ = (
    "AIR",
    "ANIMALS",
    "BEATS",
    "EMPTY",
    "FOCUS",
    "FRAMINGS",
    "GRADES",
    "LENSES",
    "LIGHTS",
    "MACHINES",
    "MOVES",
    "NATURAL",
    "PLACES",
    "Light",
    "Place",
)


class Place(NamedTuple):
    """A setting in three depths, and how it sounds."""

    name: str
    near: str
    middle: str
    far: str
    sound: str


class Light(NamedTuple):
    """A time of day as light."""

    quality: str
    detail: str
    palette: str


PLACES: dict[Setting, Place] = {
    "beach": Place(
        "a wide sandy beach at the waterline",
        "dry grass and a palm frond at the edge of the frame",
        "wet sand that mirrors the sky",
        "shallow turquoise water and a low headland",
        "small waves breaking, wind in the palms",
    ),
    "city": Place(
        "a dense downtown seen from street level up to the skyline",
        "a concrete parapet, slightly out of focus",
        "mid-rise blocks with lit windows",
        "towers fading into haze",
        "a low city hum, one distant siren",
    ),
    "desert": Place(
        "rolling dunes without a single track",
        "sand lifted by the wind",
        "a sharp, rippled crest",
        "a flat mesa in the heat haze",
        "dry wind and the hiss of sand",
    ),
    "forest": Place(
        "a tall forest with a mossy floor",
        "a dark trunk close to the lens",
        "ferns and broken light on the path",
        "ranks of trees dissolving into mist",
        "a soft rustle above, a single woodpecker",
    ),
    "interior": Place(
        "a lived-in room beside a tall window",
        "the soft edge of a curtain",
        "a painted sill and worn floorboards",
        "bookshelves falling into shadow",
        "quiet room tone, a clock, the street far off",
    ),
    "meadow": Place(
        "an open meadow of knee-high grass and wildflowers",
        "grass heads brushing the lens",
        "a trodden path through the flowers",
        "a low tree line and soft blue hills",
        "wind through grass, birdsong in the distance",
    ),
    "mountain": Place(
        "a high valley under bare peaks",
        "pine boughs at the edge of the frame",
        "a grassy shelf above a steep drop",
        "ridge behind ridge, each one paler",
        "steady wind, water far below",
    ),
    "ocean": Place(
        "open water with a slow swell",
        "spray at the bottom of the frame",
        "broken highlights on the waves",
        "a clean, level horizon",
        "water slapping, gulls overhead",
    ),
    "sky": Place(
        "open sky between two decks of cloud",
        "wisps of cloud tearing past",
        "sunlit towers of cumulus",
        "the faint curve of the horizon",
        "rushing air",
    ),
    "snow": Place(
        "a snowbound valley, silent and white",
        "a pine tip heavy with snow",
        "an untouched field of snow",
        "jagged peaks half in cloud",
        "muffled wind, snow creaking",
    ),
    "space": Place(
        "deep space near a banded planet",
        "slowly turning specks of dust",
        "the lit edge of the planet",
        "a thin nebula and hard, steady stars",
        "near silence, breath inside a helmet",
    ),
    "street": Place(
        "a narrow city street lined with shopfronts",
        "a wet kerb and a lamp post",
        "lane markings and parked bicycles",
        "facades narrowing to a vanishing point",
        "tyres on asphalt, muffled traffic, a shop bell",
    ),
    "underwater": Place(
        "clear blue water above a reef",
        "swaying kelp close to the lens",
        "shafts of light and drifting specks",
        "the reef fading into deep blue",
        "a low, muffled rumble",
    ),
    "stage": Place(
        "a plain studio sweep with one soft pool of light",
        "a clean, slightly reflective floor",
        "the subject alone in the light",
        "a backdrop grading from grey to dark",
        "quiet room tone",
    ),
}

LIGHTS: dict[Time, Light] = {
    "day": Light("high, soft daylight", "open shade fills the shadows", "sky blue, warm white, leaf green"),
    "golden": Light(
        "low golden sun from camera left", "long shadows, a warm rim", "amber, honey, slate blue"
    ),
    "dusk": Light("sunset afterglow, low and wide", "cool sky fill, first lamps on", "plum, coral, orange"),
    "dawn": Light("pale sunrise from behind", "light haze and a gentle bounce", "rose, cream, pale blue"),
    "night": Light(
        "moonlight from above", "practical lamps, deep, readable shadows", "ink blue, amber, cyan"
    ),
    "storm": Light("flat light from an overcast sky", "wet, shining edges", "slate, steel, pale green"),
    "fog": Light("light wrapped by fog", "no hard shadow anywhere", "pearl grey, moss, bone"),
}

AIR: dict[Weather, str] = {
    "": "",
    "rain": "steady rain, drops catching the light",
    "snow": "slow snowfall across the frame",
    "leaves": "autumn leaves drifting down",
    "petals": "petals carried on the breeze",
    "fireflies": "glowing motes in the air",
    "confetti": "confetti in the air",
    "bubbles": "bubbles rising through the frame",
    "embers": "embers and thin smoke in the air",
}

MOVES: dict[Camera, str] = {
    "push in": "slow dolly in",
    "pull back": "slow dolly out that reveals the surroundings",
    "pan left": "steady pan to the left",
    "pan right": "steady pan to the right",
    "tilt up": "crane up with a gentle tilt",
    "tilt down": "tilt down that follows the fall",
    "track": "lateral tracking shot that keeps pace",
    "handheld": "handheld, with a small human sway",
    "orbit": "slow arc around the subject",
    "static": "locked-off tripod shot",
}

LENSES: dict[Framing, str] = {"wide": "28 mm", "medium": "40 mm", "close-up": "75 mm"}

FOCUS: dict[Framing, str] = {
    "wide": "sharp from front to back",
    "medium": "{who} sharp, the background soft",
    "close-up": "shallow, on the finest detail",
}

FRAMINGS: dict[int, tuple[Framing, ...]] = {
    1: ("medium",),
    2: ("medium", "wide"),
    3: ("medium", "close-up", "wide"),
    4: ("wide", "medium", "close-up", "wide"),
    5: ("wide", "medium", "close-up", "medium", "wide"),
}
"""How close the shots of a board are, by their number; it ends wide, where the subject leaves."""

NATURAL = "naturalistic digital cinema, true colours, fine grain, gentle halation"
"""The look when no style is asked for."""

GRADES = "restrained grain, soft roll-off in the highlights, clean cuts on movement, no captions, no logos"

ANIMALS = words(
    "cat dog horse cow pig elephant camel rabbit squirrel mouse chicken bird penguin turtle snake "
    "crocodile dragon whale dolphin fish octopus bee butterfly spider unicorn ewe bear polar_bear panda "
    "tiger lion fox wolf monkey duck frog deer baby_chick shark jellyfish owl koala"
)
MACHINES = words(
    "car taxi bus truck motorcycle train rocket plane helicopter boat ship ufo fire_engine police_car tractor"
)

BEATS: dict[str, tuple[str, str, str, str, str]] = {
    "run": (
        "launch* into a run, the first strides kicking up the ground",
        "hit* full stride, body low and stretched",
        "swerve* without losing speed",
        "slow* over two steps and look* back",
        "set* off again toward the horizon",
    ),
    "walk": (
        "take* four unhurried steps into the frame",
        "pass* close to the camera, gaze fixed ahead",
        "pause* mid-step and turn* toward the light",
        "walk* on, smaller in the frame",
        "stop*, draw* one breath and hold* still",
    ),
    "jump": (
        "crouch* and gather* strength",
        "spring* up, fully stretched",
        "hang* for an instant at the top",
        "come* down and absorb* the landing",
        "look* up, ready to go again",
    ),
    "dance": (
        "find* the beat with a sway of the shoulders",
        "spin* once, arms opening",
        "drop* low and spring* back up",
        "repeat* the turn, faster",
        "hold* the final pose",
    ),
    "fly": (
        "bank* into the frame from the left",
        "climb* through a patch of light",
        "level* out and glide*",
        "dip* to one side, light sliding across",
        "recede* to a small shape against the sky",
    ),
    "skydive": (
        "tip* forward and drop* into the open air",
        "spread* out flat, air rushing past",
        "roll* once, the ground turning below",
        "jerk* upright as the canopy cracks open",
        "drift* down out of the frame",
    ),
    "land": (
        "drop* into the frame feet first",
        "absorb* the landing in a crouch",
        "straighten* and look* around",
        "shake* it off",
        "move* on with calm steps",
    ),
    "play": (
        "spot* a drifting speck of dust and bat* at it",
        "miss*, reset* and wiggle*",
        "pounce* and tumble* over",
        "roll* back up, satisfied",
        "settle*, watching the light",
    ),
    "drive": (
        "roll* in from the left, lights first",
        "pass* the camera, reflections sliding over the paint",
        "lean* into a bend",
        "brake* softly, the tail lights blooming",
        "turn* out of the frame as the sound fades",
    ),
    "swim": (
        "slip* into the water with hardly a splash",
        "glide* under the surface, trailing bubbles",
        "break* the surface and breathe*",
        "turn* with one strong stroke",
        "drift* away into the glitter",
    ),
    "surf": (
        "paddle* hard as the wave lifts",
        "rise* to a crouch on the first drop",
        "carve* along the face, spray flying",
        "duck* under the curling lip",
        "glide* out as the wave dies",
    ),
    "sail": (
        "cut* into the frame, bow first",
        "lean* with a gust, spray over the side",
        "cross* the brightest patch of water",
        "come* about slowly",
        "shrink* toward the horizon",
    ),
    "chase": (
        "freeze* for an instant, then burst* forward",
        "close* the distance with long strides",
        "cut* a corner, almost there",
        "miss* by a hair and skid*",
        "pick* up the trail again",
    ),
    "sleep": (
        "lie* curled up, breathing slowly",
        "twitch* in a dream",
        "stretch* without waking",
        "turn* over with a sigh",
        "sink* deeper into sleep",
    ),
    "sit": (
        "settle* into place and grow* still",
        "follow* something outside the frame with a slow look",
        "shift* a little, finding comfort",
        "look* straight at us for a moment",
        "turn* back to the view and stay*",
    ),
    "look": (
        "look* up, as if somebody had called",
        "scan* the scene from left to right",
        "fix* on one point, perfectly still",
        "lean* a little closer",
        "relax* and look* away",
    ),
    "eat": (
        "lean* in and sniff* first",
        "take* the first bite",
        "chew* slowly, eyes half closed",
        "go* back for more",
        "finish*, content",
    ),
    "person": (
        "stand* in the frame, still for a breath",
        "turn* toward the light",
        "make* one deliberate move forward",
        "pause*, listening",
        "hold* a quiet look as the shot ends",
    ),
    "animal": (
        "sit* alert, ears and eyes on the scene",
        "take* a careful step and sniff* the air",
        "turn* quickly at a small sound",
        "come* closer, curious",
        "settle* down, watching the light",
    ),
    "machine": (
        "stand* waiting, light resting on the surface",
        "come* to life with a low tremor",
        "move* off, slowly at first",
        "cross* the frame, reflections running along it",
        "leave* the frame as the air settles",
    ),
    "thing": (
        "rest* in the frame, discovered by the light",
        "show* its texture as the light slides over it",
        "stand* out from the background, sharp and calm",
        "catch* one bright highlight",
        "stay* as the light slowly fades",
    ),
}
"""What a subject does, beat by beat; the first and last are the most useful ones."""

EMPTY = (
    "the place lies open and still, before anything moves",
    "light and air begin to move through the frame",
    "one detail in the middle distance catches the light",
    "the shadows shift a little",
    "the view holds, quiet, to the cut",
)
"""Beats of a shot without a subject."""

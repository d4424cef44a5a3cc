"""The lay-figure: people as storyboard artists draw them, jointed, in side view, with a face.

The body is built from limbs, back to front: far arm, far leg, near leg, skirt, torso, head, near arm.
Angles come from `poses`, clothes and hair from `wardrobe`. The figure looks to the right and is
mirrored at the end if it shall look left. Lengths are in heights of the figure.
"""

from __future__ import annotations

import math

import numpy as np

from sora_kit.backends.animatic.cast import props
from sora_kit.backends.animatic.cast.heads import draw_head
from sora_kit.backends.animatic.cast.pen import Outline, Pen, Point, capsule, spline
from sora_kit.backends.animatic.cast.plate import Painter
from sora_kit.backends.animatic.cast.poses import CYCLES, Pose, Stance, pose_at
from sora_kit.backends.animatic.cast.wardrobe import Wardrobe
from sora_kit.backends.animatic.layers import Pixels

__all__ = ("Figure",)


class Figure:
    """A person.

    Args:
        wardrobe: Who it is.
        stance: Which cycle of poses it goes through.
        height: In pixels.
        painter: Light and look.
        faces: Which way it looks.
        prop: What it rides: ``board``, ``bicycle`` or ``stool``, or empty.
        prop_colour: ``#rrggbb`` of a bicycle's frame; empty for its own.
    """

    def __init__(
        self,
        wardrobe: Wardrobe,
        stance: Stance,
        height: int,
        painter: Painter,
        *,
        faces: str = "right",
        prop: str = "",
        prop_colour: str = "",
    ) -> None:
        self.poses = CYCLES[stance][1]
        self.rate = CYCLES[stance][2]
        self.unit = float(height)
        self._who, self._stance, self._faces, self._prop = wardrobe, stance, faces, prop
        self._prop_colour = prop_colour
        self._painter = painter.with_texture(0.10)
        pen = self._pen()
        self.foot = pen.foot

    def pose(self, index: int) -> Pixels:
        """See `sora_kit.backends.animatic.cast.actor.Drawing`."""
        phase = index / self.poses
        pen = self._pen()
        _Body(pen, self._who, pose_at(self._stance, phase), phase).draw(self._prop, self._prop_colour)
        plate = pen.plate()
        if self._faces == "left":
            plate = plate.mirrored()
        return self._painter.paint(plate, self.unit)

    def hip_of(self, index: int) -> tuple[float, float]:
        """Where the hip is in the sprite of pose ``index``, in pixels; for whoever seats the figure."""
        body = _Body(self._pen(), self._who, pose_at(self._stance, index / self.poses), index / self.poses)
        return self.foot[0] + float(body.hip[0]) * self.unit, self.foot[1] + (
            float(body.hip[1]) - 1
        ) * self.unit

    def _pen(self) -> Pen:
        wide = 1.9 if self._stance == "swim" else 1.25 if self._prop else 1.1
        return Pen(round(self.unit), wide, above=0.16, below=0.10)


class _Body:
    """One drawing of the figure: where its joints are, and what is drawn around them."""

    def __init__(self, pen: Pen, who: Wardrobe, pose: Pose, phase: float) -> None:
        self.pen, self.who, self.pose, self.phase = pen, who, pose, phase
        bulk = 1.42 if who.suit else 0.88 if who.slim or who.child else 1.0
        self.head_size = (0.178 if who.child else 0.140) * (1.18 if who.suit else 1)
        self.leg = 0.43 if who.child else 0.475
        self.arm = 0.335
        self.torso = 0.97 - self.leg - self.head_size * 1.08
        self.leg_r, self.arm_r = 0.042 * bulk, 0.029 * bulk
        self.shoulder_w, self.hip_w = 0.078 * bulk * (0.92 if who.slim else 1), 0.058 * bulk
        self.hip = np.array([0.0, self._hip_height()])
        tilt = math.radians(pose.lean + pose.lying)
        self.up = np.array([math.sin(tilt), -math.cos(tilt)])
        self.side = np.array([-self.up[1], self.up[0]])  # towards where it looks
        self.shoulder = self.hip + self.up * self.torso
        self.neck = self.shoulder + self.up * self.head_size * 0.10
        nod = math.radians(pose.lean + pose.lying + pose.nod)
        self.head_up = np.array([math.sin(nod), -math.cos(nod)])
        self.head = self.neck + self.head_up * self.head_size * 0.52

    def _hip_height(self) -> float:
        """So that the lower foot stands on the ground, whatever the legs do."""
        if self.pose.lying:
            return 0.62
        reach = max(
            self.leg * 0.49 * math.cos(math.radians(hip)) + self.leg * 0.45 * math.cos(math.radians(knee))
            for hip, knee in zip(self.pose.hip, self.pose.knee, strict=True)
        )
        return 0.972 - reach - self.pose.rise

    def draw(self, prop: str, prop_colour: str = "") -> None:
        who, pen = self.who, self.pen
        if prop == "bicycle":
            self.hip = self.hip + np.array([-0.09, 0.535 - self.hip[1]])
            self._follow_hip()
            props.bicycle(pen, self.phase, prop_colour)
        elif prop == "stool":
            props.stool(pen, float(self.hip[1]) + self.leg_r)
        elif prop == "board":
            self.hip = self.hip + np.array([0.0, -0.055])
            self._follow_hip()
            props.board(pen, who.top)
        if who.over == "cape":
            self._cape()
        self._arm(1, 0.80)
        self._leg(1, 0.80)
        if who.suit:
            self._backpack()
        self._leg(0, 1.0)
        if who.over in ("coat", "dress", "robe"):
            self._skirt()
        self._torso()
        draw_head(pen, who, self.head, self.head_size, self.head_up, math.sin(2 * math.pi * self.phase))
        self._arm(0, 1.06)

    def _follow_hip(self) -> None:
        self.shoulder = self.hip + self.up * self.torso
        self.neck = self.shoulder + self.up * self.head_size * 0.10
        self.head = self.neck + self.head_up * self.head_size * 0.52

    def _down(self, angle: float) -> Point:
        """Direction of a limb at ``angle`` degrees, in a body that may lie."""
        turn = math.radians(angle + self.pose.lying * -1)
        return np.array([math.sin(turn), math.cos(turn)])

    def _leg(self, which: int, shade: float) -> None:
        who, r = self.who, self.leg_r
        hip = self._down(self.pose.hip[which])
        shin = self._down(self.pose.knee[which])
        knee = self.hip + hip * self.leg * 0.49
        ankle = knee + shin * self.leg * 0.45
        bare = who.over == "dress" and not who.suit
        colour = (who.skin if bare else who.legs) * shade
        toe = self._down(
            min(self.pose.knee[which] + 82, 96) if not self.pose.lying else self.pose.knee[which] + 20
        )
        # The shoe first, so that the trouser falls over it.
        self.pen.part(
            capsule(
                ankle + shin * r * 0.28 - toe * r * 0.35,
                ankle + toe * r * 1.75 + shin * r * 0.42,
                r * 0.62,
                r * 0.46,
            ),
            who.shoes * shade,
        )
        self.pen.part(self._limb(self.hip, knee, ankle, r * 1.12, r * 0.86, r * 0.60), colour)

    def _arm(self, which: int, shade: float) -> None:
        who, r = self.who, self.arm_r
        root = (
            self.shoulder
            - self.up * self.torso * 0.085
            - self.side * self.shoulder_w * (0.12 if which == 0 else -0.1)
        )
        elbow = root + self._down(self.pose.arm[which]) * self.arm * 0.50
        fore = self._down(self.pose.elbow[which])
        wrist = elbow + fore * self.arm * 0.43
        bare = who.over == "dress"
        skin = who.top * 0.8 if who.suit else who.skin
        hand = wrist + fore * r * 1.0
        self.pen.part(capsule(wrist, hand, r * 0.62, r * 0.66), skin * min(1.0, shade))
        thumb = wrist + fore * r * 0.5 + np.array([fore[1], -fore[0]]) * r * 0.7
        self.pen.part(
            capsule(wrist + fore * r * 0.2, thumb, r * 0.24, r * 0.22), skin * min(1.0, shade), ink=0.6
        )
        wide = 1.7 if who.over == "robe" else 1.0
        sleeve = skin if bare else who.top
        self.pen.part(
            self._limb(root, elbow, wrist, r * 1.12, r * 0.92, r * 0.70 * wide), sleeve * min(1.05, shade)
        )
        if bare:
            self.pen.part(
                capsule(root, root + (elbow - root) * 0.42, r * 1.22, r * 1.12), who.top * min(1.05, shade)
            )

    def _limb(self, a: Point, b: Point, c: Point, ra: float, rb: float, rc: float) -> Point:
        """Upper and lower limb as one outline, so that no seam shows at the joint."""
        one, two = _unit(b - a), _unit(c - b)
        n1, n2 = np.array([-one[1], one[0]]), np.array([-two[1], two[0]])
        middle = _unit(n1 + n2) if float(np.dot(n1, n2)) > -0.9 else n1
        cap = capsule(b, c, rb, rc)[9:]  # the round end
        out = [a - one * ra * 0.7 + n1 * ra * 0.5, a + n1 * ra, b + middle * rb]
        back = [b - middle * rb, a - n1 * ra, a - one * ra * 0.7 - n1 * ra * 0.5]
        first, last = cap[0], cap[-1]
        end = cap if np.linalg.norm(first - out[-1]) < np.linalg.norm(last - out[-1]) else cap[::-1]
        return np.vstack((out, end, back))

    def _torso(self) -> None:
        who, up, side = self.who, self.up, self.side
        s, w, h = self.shoulder_w, self.shoulder_w * (0.74 if who.slim else 0.86), self.hip_w
        chest = 1.10 if who.slim else 1.0
        waist = self.hip + up * self.torso * 0.36
        breast = self.hip + up * self.torso * 0.72
        outline: Outline = spline(
            [
                self.shoulder + up * 0.008 - side * s * 0.30,
                self.shoulder + up * 0.008 + side * s * 0.34,
                self.shoulder - up * 0.022 + side * s * 0.84,
                breast + side * s * 0.98 * chest,
                waist + side * w * 0.94,
                self.hip + side * h * 1.12 - up * 0.012,
                self.hip - side * h * 1.16 - up * 0.012,
                waist - side * w * 0.84,
                breast - side * s * 1.0,
                self.shoulder - up * 0.022 - side * s * 0.90,
            ]
        )
        if not who.suit:
            self.pen.part(
                capsule(self.shoulder - up * 0.02, self.neck + up * 0.02, 0.026, 0.024), who.skin * 0.9
            )
        self.pen.part(outline, who.top)
        self._trim(waist, breast)

    def _trim(self, waist: Point, breast: Point) -> None:
        """Collar, buttons or belt: the few lines that make a torso clothes."""
        who, up, side, s = self.who, self.up, self.side, self.shoulder_w
        front = self.shoulder + side * s * 0.30
        if who.suit:
            box = breast + side * s * 0.45 - up * self.torso * 0.18
            self.pen.part(
                [box + side * a * 0.034 + up * b * 0.026 for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))],
                "#5b6470",
            )
            self.pen.part(
                [box + side * a * 0.010 + up * b * 0.010 for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))],
                "#d8503f",
            )
            self.pen.stroke([waist - side * s * 0.9, waist + side * s * 0.9], ink=0.7)
            return
        if who.over in ("coat", "robe"):
            self.pen.part(
                [
                    front + up * 0.012,
                    front + side * 0.034 - up * 0.055,
                    front + side * 0.010 - up * 0.10,
                    front - side * 0.022 - up * 0.03,
                ],
                who.top * 1.14,
            )
            self.pen.stroke([front + side * 0.012 - up * 0.10, self.hip + side * self.hip_w * 0.75], ink=0.75)
            belt = self.hip + up * self.torso * 0.30
            self.pen.part(
                [
                    belt - side * s * 0.84 + up * 0.010,
                    belt + side * s * 0.88 + up * 0.010,
                    belt + side * s * 0.88 - up * 0.012,
                    belt - side * s * 0.84 - up * 0.012,
                ],
                who.top * 0.68,
            )
        elif who.over == "dress":
            self.pen.stroke([waist - side * s * 0.66, waist + side * s * 0.70], ink=0.6)
        else:
            self.pen.stroke(
                [front + up * 0.006, front - up * 0.030 + side * 0.016, front + side * 0.040 - up * 0.004],
                ink=0.7,
            )
            self.pen.part(
                [
                    self.hip + side * self.hip_w * 1.1 + up * 0.002,
                    self.hip - side * self.hip_w * 1.12 + up * 0.002,
                    self.hip - side * self.hip_w * 1.12 - up * 0.016,
                    self.hip + side * self.hip_w * 1.1 - up * 0.016,
                ],
                who.legs * 0.7,
            )

    def _skirt(self) -> None:
        who, up, side, h = self.who, self.up, self.side, self.hip_w
        long = {"coat": 0.50, "dress": 0.60, "robe": 0.90}[who.over]
        flare = {"coat": 1.6, "dress": 2.1, "robe": 1.9}[who.over]
        sway = math.sin(2 * math.pi * self.phase) * 0.022
        # A skirt reaches as far as the legs that push it out.
        knees = [self._down(a)[0] * self.leg * 0.49 for a in self.pose.hip]
        front = max(h * flare, max(knees) * long * 1.25 + h * 0.9)
        back = min(-h * flare, min(knees) * long * 1.25 - h * 0.9)
        level = self.hip - up * self.leg * long
        self.pen.part(
            spline(
                [
                    self.hip + side * h * 1.05 + up * 0.035,
                    self.hip + side * (h * 1.1 + front * 0.35) - up * self.leg * long * 0.45,
                    level + side * (front + sway),
                    level + side * (front + back) * 0.5 - up * 0.014,
                    level + side * (back + sway * 0.6),
                    self.hip + side * (-h * 1.1 + back * 0.35) - up * self.leg * long * 0.45,
                    self.hip - side * h * 1.08 + up * 0.035,
                ]
            ),
            who.top * 0.93,
        )
        self.pen.stroke([self.hip + side * h * 0.3, level + side * (front * 0.25 + sway)], ink=0.5)

    def _cape(self) -> None:
        up, side = self.up, self.side
        wave = math.sin(2 * math.pi * self.phase) * 0.03
        self.pen.part(
            spline(
                [
                    self.shoulder + side * 0.02 + up * 0.012,
                    self.shoulder - side * self.shoulder_w * 1.2 - up * 0.03,
                    self.hip - side * (0.16 + wave) - up * 0.02,
                    self.hip - side * (0.20 + wave * 1.6) - up * self.leg * 0.55,
                    self.hip - side * 0.05 - up * self.leg * 0.60,
                    self.hip + side * 0.02,
                ]
            ),
            self.who.top * 0.62,
        )

    def _backpack(self) -> None:
        top = self.shoulder - self.side * 0.085 - self.up * 0.02
        bottom = self.hip - self.side * 0.080 + self.up * 0.05
        self.pen.part(capsule(top, bottom, 0.060, 0.055), self.who.top * 0.72)


def _unit(vector: Point) -> Point:
    length = float(np.hypot(vector[0], vector[1]))
    return vector / length if length > 1e-6 else np.array([0.0, 1.0])

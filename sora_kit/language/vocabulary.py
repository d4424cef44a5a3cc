"""The words of places, times, weather, camera, colours and actions, as data.

Each table maps a value of `Scene` to the words and short phrases that mean it, in English and
Chinese, separated by commas. Inflected forms of nouns and verbs are derived where the tables are put
together (`sora_kit.language.lexicon`); only irregular ones are written here.
"""

from __future__ import annotations

from sora_kit.language.scene import Camera, Framing, Setting, Time, Weather

__all__ = (
    "ACTIONS",
    "CAMERAS",
    "CAMERA_VERBS",
    "COLOURS",
    "COUNTS",
    "FRAMINGS",
    "IRREGULAR_VERBS",
    "LATE_SETTINGS",
    "NEUTRAL",
    "SETTINGS",
    "STOP",
    "TIMES",
    "WEATHER",
)

SETTINGS: dict[Setting, str] = {
    "stage": (
        "studio, on a stage, on stage, studio sweep, backdrop, white background, plain background, "
        "black background, product shot, 摄影棚"
    ),
    "interior": (
        "interior, room, kitchen, bedroom, living room, bathroom, windowsill, window sill, window, indoors, "
        "inside a house, in the house, in a house, at home, office, classroom, library, cafe, café, "
        "coffee shop, restaurant, bar, sofa, couch, desk, fireplace, hallway, studio apartment, "
        "apartment, kitchen table, gym, museum, workshop, 室内, 房间, 窗台, 厨房, 卧室, 客厅, 咖啡馆, "
        "餐厅, 办公室, 教室, 图书馆, 家里"
    ),
    "street": (
        "street, city street, city streets, downtown street, town street, alley, alleyway, road, highway, "
        "crosswalk, sidewalk, pavement, tokyo, traffic, market, "
        "intersection, street corner, 街, 街道, 马路, 路上, 小巷, 东京, 市场"
    ),
    "city": (
        "city, skyline, skyscraper, rooftop, metropolis, downtown, cyberpunk, new york, paris, london, "
        "town, shanghai, 城市, 大厦, 天际线, 屋顶, 上海, 北京, 都市"
    ),
    "beach": (
        "beach, shore, seashore, coast, coastline, tropical island, desert island, island, palm trees, "
        "sandy beach, 海滩, 沙滩, 海边, 海岸"
    ),
    "ocean": (
        "ocean, sea, harbor, harbour, lake, river, pond, open water, at sea, rough seas, pier, 大海, "
        "海洋, 海面, 海上, 海, 湖, 湖边, 河, 河边"
    ),
    "underwater": (
        "underwater, under water, deep ocean, deep sea, coral reef, coral, reef, seabed, sea floor, "
        "ocean floor, kelp, aquarium, 水族馆, 水下, 海底, 珊瑚"
    ),
    "desert": "desert, dune, dunes, sand dunes, sahara, canyon, mars, 沙漠, 沙丘, 火星",
    "snow": (
        "snow, snowfield, glacier, arctic, antarctica, blizzard, ski slope, ice field, iceberg, "
        "frozen lake, tundra, 雪地, 雪, 冰川, 北极, 南极"
    ),
    "mountain": (
        "mountain, mountain top, cliff, mountain peak, peak, valley, alps, ridge, summit, hill, "
        "hillside, 山, 山脉, 山谷, 悬崖, 山顶, 高山"
    ),
    "forest": (
        "forest, woods, jungle, woodland, rainforest, bamboo forest, bamboo grove, bamboo, grove, 森林, "
        "树林, 丛林, 竹林"
    ),
    "space": (
        "space, outer space, planet, galaxy, milky way, nebula, in orbit, cosmos, universe, on the moon, "
        "moon surface, space station, 太空, 宇宙, 星球, 银河, 月球"
    ),
    "sky": "sky, in the sky, in mid-air, midair, above the clouds, 天空, 空中, 云端",
    "meadow": (
        "meadow, field, grass, grassland, park, national park, garden, farm, prairie, lawn, countryside, "
        "pasture, backyard, flower field, wildflowers, vineyard, savanna, savannah, 草地, 田野, 草原, "
        "花园, 公园, 草坪, 农场, 院子"
    ),
}
"""Places that settle where it plays."""

LATE_SETTINGS: dict[Setting, str] = {
    "mountain": "waterfall, rock, rocks, rocky, 瀑布",
    "stage": (
        "studio, on a stage, on stage, studio sweep, backdrop, white background, plain background, "
        "black background, product shot, 摄影棚"
    ),
    "city": "building, buildings, urban, tower, 高楼",
    "beach": "sand, surf, palm tree, palm, tropical, sandcastle, 椰树",
    "ocean": "wave, waves, water, horizon, sail, sails, 海浪, 波浪, 水",
    "snow": "snowy, winter, ice, icy, frozen, ski, 冬天, 冰, 冬",
    "forest": "tree, trees, pine, pines, oak, moss, fern, ferns, 树, 大树",
    "space": "stars, starfield, weightless, zero gravity, 星空",
    "sky": "cloud, clouds, blue sky, starry sky, night sky, 云, 云朵, 蓝天",
    "meadow": "flower, flowers, wildflower, hay, 花朵, 鲜花",
    "street": "neon, neon lights, neon sign, street lamp, street light, puddle, puddles, 霓虹",
}
"""Places that count only when nothing above was said: scenery rather than scene."""

TIMES: dict[Time, str] = {
    "night": (
        "night, nighttime, fireworks, northern lights, aurora, at night, midnight, moonlit, "
        "moonlight, full moon, moon, neon, neon lights, in the dark, after dark, dark night, "
        "dark alley, dark street, dark forest, dark room, starry, starlight, starry sky, night sky, "
        "starry night, under the stars, beneath the stars, below the stars, under a starry sky, "
        "under the starry sky, beneath a starry sky, beneath the starry sky, under the night sky, "
        "夜, 夜晚, 夜里, 深夜, 午夜, 月光, 星空, 星空下, 星空之下, 晚上"
    ),
    "golden": (
        "golden hour, golden light, golden sunlight, golden sun, golden glow, golden rays, "
        "golden afternoon, late afternoon, 金色阳光, 黄金时刻"
    ),
    "dusk": "dusk, sunset, twilight, evening, sundown, nightfall, 日落, 傍晚, 黄昏, 夕阳",
    "dawn": "dawn, sunrise, morning, daybreak, early morning, 清晨, 日出, 早晨, 黎明, 早上",
    "fog": "fog, foggy, mist, misty, haze, hazy, 雾, 薄雾, 大雾",
    "storm": (
        "storm, stormy, thunder, thunderstorm, lightning, overcast, rain, rainy, raining, gloomy, "
        "downpour, 雨, 暴风雨, 下雨, 雨天, 闪电, 阴天"
    ),
    "day": (
        "day, daytime, daylight, noon, midday, afternoon, sunny, sunlight, sunshine, sun, bright day, "
        "sunlit, 白天, 中午, 下午, 阳光, 晴天, 太阳"
    ),
}
"""In order of precedence: a stormy night is a night, and it rains."""

WEATHER: dict[Weather, str] = {
    "rain": (
        "rain, rainy, raining, storm, stormy, downpour, thunderstorm, drizzle, 雨, 下雨, 雨天, 暴风雨, 大雨"
    ),
    "snow": (
        "snowing, snowfall, snowflake, snowflakes, falling snow, snowy, blizzard, snowstorm, snow falls, "
        "snow falling, 下雪, 飘雪, 雪花, 大雪"
    ),
    "leaves": (
        "autumn, fall leaves, autumn leaves, falling leaves, leaves, maple, maple leaf, maple leaves, "
        "fall colors, fall colours, 秋, 落叶, 秋天, 枫叶"
    ),
    "petals": (
        "blossom, blossoms, cherry blossom, cherry blossoms, sakura, petal, petals, in spring, "
        "spring day, spring morning, spring garden, 樱花, 花瓣, 春天"
    ),
    "fireflies": "firefly, fireflies, magic, magical, glowing, sparkles, enchanted, fairy dust, 萤火虫, 魔法",
    "confetti": (
        "confetti, party, celebration, birthday, festival, carnival, new year, celebrates, celebrate, "
        "celebrating, 庆祝, 派对, 生日, 新年, 节日"
    ),
    "bubbles": "bubble, bubbles, soap bubbles, 气泡, 泡泡",
    "embers": (
        "fire, flame, flames, lava, ember, embers, explosion, explodes, eruption, erupts, erupting, "
        "burning, bonfire, campfire, 火, 火焰, 爆炸, 篝火, 喷发"
    ),
}

CAMERAS: dict[Camera, str] = {
    "push in": (
        "push in, dolly in, zoom in, move closer, close in on, truck in, creep in, crash zoom, "
        "dolly shot, 推进, 推近, 拉近"
    ),
    "pull back": (
        "pull back, pull out, dolly out, dolly back, zoom out, reveal shot, slow reveal, 拉远, 后退, 拉开"
    ),
    "pan left": "pan left, pan to the left, pans to the left, 左摇, 向左摇",
    "pan right": (
        "pan right, pan to the right, panning, panning shot, whip pan, slow pan, pan across, pan over, "
        "pans, 右摇, 向右摇, 摇镜头"
    ),
    "tilt up": "tilt up, crane up, crane shot, pedestal up, boom up, 上摇, 升镜头",
    "tilt down": "tilt down, crane down, pedestal down, boom down, 下摇, 降镜头",
    "track": (
        "tracking shot, tracking camera, tracking, track alongside, camera tracks, camera follows, "
        "camera following, follow shot, steadicam, side tracking, fpv, 跟拍, 跟踪, 跟随"
    ),
    "handheld": "handheld, hand held, shaky, shaky cam, shaky camera, documentary, vlog, found footage, 手持",
    "orbit": (
        "orbit shot, slow orbit, orbiting shot, orbital shot, camera orbits, camera orbiting, "
        "orbits around, orbiting around, arc shot, camera circles, camera circling, circling shot, "
        "camera rotates, 360 shot, 环绕"
    ),
    "static": (
        "static, static shot, static camera, locked off, locked camera, tripod, fixed camera, "
        "still camera, camera stays still, 固定, 固定镜头"
    ),
}
"""What the camera does. Verbs stand in their plain form and are found in every form."""

FRAMINGS: dict[Framing, str] = {
    "close-up": (
        "close up, closeup, close ups, extreme close up, macro, macro shot, detail shot, portrait shot, "
        "portrait of, tight shot, 特写, 近景"
    ),
    "wide": (
        "wide shot, wide angle, wide view, extreme wide shot, establishing shot, establishing, aerial, "
        "aerial shot, aerial view, drone shot, drone footage, drone view, bird's eye view, panorama, "
        "panoramic, long shot, 远景, 全景, 航拍, 俯瞰"
    ),
    "medium": "medium shot, mid shot, medium close up, waist up, waist shot, 中景",
}

COLOURS: dict[str, str] = {
    "#c83f35": "red, crimson, scarlet, 红, 红色",
    "#e08a3c": "orange, 橙, 橙色, 橘, 橘色",
    "#d9823b": "ginger",
    "#e9c24a": "yellow, 黄, 黄色",
    "#d9a441": "golden, gold, blond, blonde, 金, 金色",
    "#5f9a4b": "green, 绿, 绿色",
    "#3fa7a0": "teal, turquoise, cyan, 青色",
    "#3f74b8": "blue, 蓝, 蓝色",
    "#26355e": "navy",
    "#7d57a8": "purple, violet, 紫, 紫色",
    "#e497ad": "pink, 粉, 粉色, 粉红色",
    "#2b2b30": "black, 黑, 黑色",
    "#f0ece4": "white, 白, 白色",
    "#8b8f96": "gray, grey, 灰, 灰色",
    "#8a5a38": "brown, 棕色, 褐色",
    "#d8c3a0": "beige, cream, tan",
    "#b9c0c8": "silver, 银色",
}

COUNTS: dict[int, str] = {
    1: "one, single, lone, 一只, 一个, 一位, 一条, 一匹, 一辆, 一名, 一架, 一艘",
    2: "two, pair of, 两只, 两个, 两位, 两条, 两匹, 两辆",
    3: "three, a few, 三只, 三个, 三位, 三条, 三匹, 三辆",
    4: "four, several, some, 四只, 四个, 几只, 几个",
    5: (
        "five, six, seven, eight, nine, ten, many, dozens of, flock of, herd of, group of, pack of, "
        "swarm of, school of, crowd of, hundreds of, lots of, 五只, 五个, 一群, 许多, 很多"
    ),
}

ACTIONS: dict[str, str] = {
    "run": (
        "run, launch into a run, break into a run, set off, jog, sprint, dash, race, 跑, 奔跑, 跑步, 飞奔, 奔"
    ),
    "walk": "walk, stroll, wander, march, tiptoe, stride, 走, 走路, 散步, 漫步, 行走",
    "jump": "jump, leap, hop, bounce, pounce, 跳, 跳跃, 跃",
    "dance": "dance, spin, twirl, 跳舞, 舞动, 旋转",
    "fly": "fly, soar, glide, hover, float, drift, 飞, 飞翔, 飞行, 漂浮, 飘",
    "skydive": "skydive, parachute, 跳伞",
    "fall": "fall, tumble, drop, plunge, 掉, 坠落, 落下",
    "land": "land, touch down, 降落, 着陆, 落地",
    "swim": "swim, dive, snorkel, 游, 游泳, 潜水",
    "surf": "surf, ride a wave, ride the wave, ride waves, 冲浪",
    "sail": "sail, row, paddle, 航行, 划船",
    "ride": "ride, 骑, 骑马",
    "cycle": "cycle, pedal, 骑车, 骑自行车",
    "drive": "drive, speed, cruise, 开车, 驾驶, 行驶, 驶",
    "gallop": "gallop, trot, 奔腾",
    "chase": "chase, follow, hunt, pursue, 追, 追逐, 追赶",
    "play": "play, frolic, bat at, 玩, 玩耍, 嬉戏",
    "sit": "sit, perch, rest, relax, 坐, 休息",
    "stand": "stand, wait, pose, 站, 站立, 等待",
    "sleep": "sleep, nap, doze, snooze, 睡, 睡觉, 打盹",
    "look": "look, look around, stare, gaze, watch, glance, 看, 望, 凝视, 注视",
    "eat": "eat, nibble, chew, bite, 吃",
    "drink": "drink, sip, 喝",
    "climb": "climb, scramble, 爬, 攀爬",
    "crawl": "crawl, creep, slither, sneak, 爬行",
    "rise": "rise, lift off, take off, launch, 升起, 起飞, 发射",
    "ski": "ski, snowboard, skate, sled, 滑雪, 滑冰, 滑板",
    "sing": "sing, 唱, 唱歌",
    "talk": "talk, speak, chat, whisper, 说话, 聊天",
    "cook": "cook, bake, fry, 做饭, 烹饪",
    "read": "read, 看书, 读书, 阅读",
    "write": "write, draw, paint, type, 写, 画画, 写字",
    "work": "work, 工作",
    "fight": "fight, battle, duel, 战斗, 打架",
    "hug": "hug, kiss, embrace, cuddle, 拥抱, 亲吻",
    "wave": "wave at, wave to, wave goodbye, wave hello, 挥手",
    "laugh": "laugh, smile, giggle, 笑, 微笑, 大笑",
    "cry": "cry, weep, sob, 哭",
    "turn": "turn, turn around, 转身, 转",
    "leave": "leave, depart, 离开",
    "roll": "roll, slide, 滚, 滑",
    "explode": "explode, burst, erupt, 爆发",
}
"""Verb stem → verbs that are drawn alike."""

CAMERA_VERBS = (
    "push pull zoom tilt crane dolly pan orbit move close track follow circle truck boom pedestal "
    "rotate creep celebrate"
)
"""Verbs of camera moves and phrases that are no action of a subject."""

IRREGULAR_VERBS: dict[str, str] = {
    "run": "ran running",
    "jog": "jogged jogging",
    "hop": "hopped hopping",
    "spin": "spun spinning",
    "fly": "flew flown flies flying",
    "drop": "dropped dropping",
    "fall": "fell fallen",
    "swim": "swam swum swimming",
    "ride": "rode ridden",
    "drive": "drove driven",
    "speed": "sped",
    "sit": "sat sitting",
    "stand": "stood",
    "sleep": "slept",
    "nap": "napped napping",
    "eat": "ate eaten",
    "bite": "bit bitten",
    "drink": "drank drunk",
    "sip": "sipped sipping",
    "creep": "crept",
    "rise": "rose risen",
    "sing": "sang sung",
    "speak": "spoke spoken",
    "chat": "chatted chatting",
    "write": "wrote written",
    "draw": "drew drawn",
    "fight": "fought",
    "hug": "hugged hugging",
    "weep": "wept",
    "sob": "sobbed sobbing",
    "leap": "leapt",
    "bat": "batted batting",
    "take": "took taken",
    "ski": "skis skied skiing",
    "trot": "trotted trotting",
    "pan": "panned panning",
    "lie": "lay lying",
    "cry": "cries cried crying",
    "fry": "fries fried frying",
    "dolly": "dollies dollied dollying",
}

NEUTRAL = (
    "running water, still life, hot spring, hot springs, "
    "water bottle, golden gate, fire escape, dark hair, green screen, fall asleep, frying pan, "
    "pan flute, wave pattern, sun hat, light rail, spring onion, window shopping, park bench, "
    "sea breeze, ice cube, ice cubes"
)
"""Phrases whose words mean something else on their own."""

STOP = (
    "a an the this that these those and or but nor so then than as at by for from in inside into of "
    "off on onto out over to toward towards under up down upon with within without through across "
    "along among around behind before after between beside beneath above below near next past until "
    "while during is are was were be been being am do does did done has have had having will would "
    "can could should may might must shall not no it its it's he him his she her hers they them "
    "their theirs we us our you your i me my who whom whose which what when where why how there here "
    "all any both each every few more most other some such only own same too very just also again "
    "once back away shot shots scene scenes video clip clips footage film camera frame image picture "
    "photo view lens cinematic slowly quickly softly gently suddenly really quite still yet together "
    "against per via like let make makes made get gets got go goes going went gone come comes coming "
    "came see sees seen show shows shown showing start starts begin begins one another something "
    "someone s t re ve ll d m full"
)
"""Words that carry no picture of their own."""

STOP_CHINESE = (
    "的 了 在 着 是 和 与 上 里 中 下 个 只 一 这 那 他 她 它 们 把 被 向 从 到 地 得 有 也 很 对 镜头 "
    "画面 视频 正在 一个 一只 杯 条 张 位 片 放 着 没有 没 不要 不是"
)

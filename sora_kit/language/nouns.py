"""Who and what can be in a picture.

`NOUNS` maps each canonical noun to the words that mean it, in English and Chinese. Anything else that
has an emoji is found by its emoji's name (see `sora_kit.language.lexicon`), and `ALSO` names the
common words whose emoji is called something else.
"""

from __future__ import annotations

from sora_kit.language.scene import Setting

__all__ = ("ALSO", "CLOTHES", "CROWDS", "DOERS", "HOMES", "IRREGULAR_PLURALS", "NOUNS", "PARTS", "UNCHANGED")

NOUNS: dict[str, str] = {
    "person": (
        "person, someone, somebody, man, woman, boy, girl, child, kid, guy, lady, hero, heroine, "
        "detective, chef, soldier, walker, hiker, stranger, traveler, traveller, samurai, knight, "
        "teenager, student, teacher, doctor, old man, old woman, fisherman, farmer, friend, actor, "
        "singer, musician, queen, king, skateboarder, skater, climber, sailor, pirate, bride, groom, "
        "nurse, scientist, painter, artist, pilot, driver, baker, waiter, monk, viking, warrior, 人, "
        "男人, 女人, 男孩, 女孩, 孩子, 老人, 少年, 少女, 武士"
    ),
    "runner": "runner, jogger, athlete, 跑者",
    "dancer": "dancer, ballerina, 舞者",
    "surfer": "surfer, 冲浪者",
    "swimmer": "swimmer, 游泳者",
    "cyclist": "cyclist, bicycle, bike, mountain bike, 自行车, 骑行者",
    "rider": "rider, jockey, cowboy, 骑手, 牛仔",
    "astronaut": "astronaut, cosmonaut, spaceman, 宇航员",
    "robot": "robot, android, 机器人",
    "alien": "alien, extraterrestrial, 外星人",
    "ghost": "ghost, 幽灵, 鬼",
    "cat": "cat, kitten, kitty, tabby, 猫, 小猫, 猫咪",
    "dog": (
        "dog, puppy, hound, retriever, golden retriever, corgi, terrier, husky, labrador, beagle, "
        "dachshund, dalmatian, pug, bulldog, german shepherd, 狗, 小狗, 柴犬"
    ),
    "horse": "horse, stallion, pony, mare, foal, 马, 小马",
    "cow": "cow, bull, cattle, calf, 牛, 奶牛",
    "pig": "pig, piglet, 猪, 小猪",
    "elephant": "elephant, 大象",
    "camel": "camel, 骆驼",
    "rabbit": "rabbit, bunny, hare, 兔子, 兔, 小兔",
    "squirrel": "squirrel, chipmunk, 松鼠",
    "mouse": "mouse, rat, 老鼠",
    "chicken": "chicken, rooster, hen, 鸡, 公鸡, 母鸡",
    "bird": (
        "bird, eagle, hawk, falcon, sparrow, seagull, gull, crow, raven, pigeon, robin, 鸟, 小鸟, 老鹰, 海鸥"
    ),
    "penguin": "penguin, 企鹅",
    "turtle": "turtle, tortoise, 乌龟, 海龟",
    "snake": "snake, 蛇",
    "crocodile": "crocodile, alligator, 鳄鱼",
    "dragon": "dragon, 龙",
    "whale": "whale, 鲸鱼, 鲸",
    "dolphin": "dolphin, 海豚",
    "fish": "fish, goldfish, salmon, koi, 鱼, 金鱼",
    "octopus": "octopus, squid, 章鱼",
    "bee": "bee, honeybee, bumblebee, 蜜蜂",
    "butterfly": "butterfly, moth, 蝴蝶",
    "spider": "spider, 蜘蛛",
    "unicorn": "unicorn, 独角兽",
    "car": "car, sedan, automobile, sports car, race car, racing car, convertible, 汽车, 车, 跑车, 赛车",
    "taxi": "taxi, cab, 出租车",
    "bus": "bus, 公交车, 巴士",
    "truck": "truck, van, lorry, pickup, 卡车",
    "motorcycle": "motorcycle, motorbike, 摩托车",
    "train": "train, locomotive, steam train, 火车, 列车",
    "rocket": "rocket, spaceship, spacecraft, starship, space shuttle, 火箭, 飞船, 宇宙飞船",
    "plane": "plane, airplane, aeroplane, jet, aircraft, airliner, 飞机",
    "helicopter": "helicopter, drone, 直升机, 无人机",
    "boat": "boat, sailboat, yacht, canoe, kayak, rowboat, 船, 帆船, 小船",
    "ship": "ship, cruise ship, ferry, pirate ship, 轮船",
    "ufo": "ufo, flying saucer, saucer, 飞碟",
    "house": "house, home, cabin, cottage, hut, 房子, 小屋",
    "castle": "castle, fortress, palace, 城堡, 宫殿",
    "volcano": "volcano, 火山",
    "sunflower": "sunflower, 向日葵",
    "flower": "rose, tulip, daisy, poppy, 花, 玫瑰, 郁金香",
    "cactus": "cactus, 仙人掌",
    "balloon": "balloon, hot air balloon, 气球, 热气球",
    "guitar": "guitar, 吉他",
    "coffee": "coffee, tea, cup, mug, teacup, cup of coffee, cup of tea, 咖啡, 茶, 杯子",
    "pizza": "pizza, 披萨",
    "cake": "cake, birthday cake, 蛋糕, 生日蛋糕",
    "phone": "phone, smartphone, cell phone, mobile phone, 手机",
    "computer": "computer, laptop, 电脑, 笔记本电脑",
    "candle": "candle, 蜡烛",
    "ball": "ball, football, soccer ball, 球, 足球",
    "gift": "gift, present, gift box, 礼物",
    "crown": "crown, 皇冠, 王冠",
}
"""Canonical noun → its words. The embedded renderer can draw every one of them."""

ALSO: dict[str, str] = {
    "red_apple": "apple, 苹果",
    "kite": "风筝",
    "baby_chick": "chick, duckling",
    "ewe": "sheep, lamb, 羊, 绵羊",
    "fire_engine": "fire truck",
    "open_book": "book, 书",
    "mantelpiece_clock": "clock, 钟",
    "gem_stone": "diamond, gem, jewel, 钻石",
    "crossed_swords": "sword",
    "wine_glass": "wine",
    "beer_mug": "beer, 啤酒",
    "red_paper_lantern": "lantern, 灯笼",
    "sauropod": "dinosaur, 恐龙",
    "steaming_bowl": "ramen, noodles, noodle soup, 面条",
    "clown_face": "clown",
    "evergreen_tree": "christmas tree, pine tree",
    "police_officer": "policeman, policewoman, cop, 警察",
    "mage": "wizard, witch, sorcerer, magician, 巫师, 魔法师",
    "merperson": "mermaid, 美人鱼",
    "panda": "panda bear, 熊猫",
    "bear": "grizzly bear, brown bear, 熊",
    "polar_bear": "polar bear, 北极熊",
    "tiger": "老虎",
    "lion": "狮子",
    "fox": "狐狸",
    "wolf": "狼",
    "monkey": "猴子",
    "duck": "鸭子",
    "frog": "青蛙",
    "deer": "fawn, stag, 鹿",
    "umbrella": "雨伞",
    "musical_keyboard": "piano, 钢琴",
    "violin": "小提琴",
    "jellyfish": "水母",
    "shark": "鲨鱼",
    "snowman": "雪人",
    "hamburger": "burger, 汉堡",
    "fireworks": "firework, fireworks, 烟花",
}
"""Emoji name → common words for it that are not its name."""

IRREGULAR_PLURALS: dict[str, str] = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "mice": "mouse",
    "wolves": "wolf",
    "geese": "goose",
    "calves": "calf",
    "cacti": "cactus",
    "elves": "elf",
    "fishermen": "fisherman",
    "oxen": "ox",
    "octopi": "octopus",
    "old men": "old man",
    "old women": "old woman",
}

CROWDS = {2: "couple, 情侣", 5: "people, crowd, 人们, 人群"}
"""Words for several persons at once, by how many are drawn."""

UNCHANGED = frozenset(("fish", "sheep", "deer", "salmon", "koi"))
"""Nouns whose plural looks the same."""

DOERS: dict[str, str] = {
    "run": "runner",
    "dance": "dancer",
    "surf": "surfer",
    "swim": "swimmer",
    "cycle": "cyclist",
}
"""A person who does this is drawn as that."""

PARTS = (
    "eye eyes face hand hands paw paws whisker whiskers tail hair fur feather feathers ear ears nose mouth "
    "wing wings foot feet head leg legs shoulder shoulders smile lips finger fingers"
)
"""Parts of a subject: a shot of them shows the subject of the shot before."""

CLOTHES = frozenset(
    (
        *("dress", "coat", "hat", "shirt", "jacket", "scarf", "suit", "boots", "shoes", "gloves", "glasses"),
        *("sunglasses", "kimono", "necktie", "jeans", "shorts", "socks", "backpack", "handbag", "top hat"),
    )
)
"""Things that are worn: their colour is the wearer's."""

HOMES: dict[str, Setting] = {
    "boat": "ocean",
    "ship": "ocean",
    "whale": "ocean",
    "dolphin": "ocean",
    "surfer": "ocean",
    "swimmer": "ocean",
    "fish": "underwater",
    "octopus": "underwater",
    "jellyfish": "underwater",
    "shark": "underwater",
    "merperson": "underwater",
    "camel": "desert",
    "cactus": "desert",
    "penguin": "snow",
    "polar_bear": "snow",
    "snowman": "snow",
    "skier": "snow",
    "astronaut": "space",
    "rocket": "space",
    "ufo": "space",
    "plane": "sky",
    "helicopter": "sky",
    "balloon": "sky",
    "horse": "meadow",
    "cow": "meadow",
    "ewe": "meadow",
    "rabbit": "meadow",
    "rider": "meadow",
    "butterfly": "meadow",
    "bee": "meadow",
    "sunflower": "meadow",
    "house": "meadow",
    "castle": "mountain",
    "volcano": "mountain",
    "deer": "forest",
    "bear": "forest",
    "car": "street",
    "taxi": "street",
    "bus": "street",
    "truck": "street",
    "motorcycle": "street",
    "cyclist": "street",
    "fire_engine": "street",
    "police_car": "street",
    "coffee": "interior",
    "cake": "interior",
    "candle": "interior",
    "computer": "interior",
    "pizza": "interior",
}
"""Where a thing is at home, when no place is said."""

"""Words the pictures and dialogues are made of, in English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.tasks.mmmb_twin.facts import Answer, Language


@dataclass(frozen=True, slots=True)
class Term:
    """A thing in both languages.

    Args:
        en, zh: as it is said; `en` without article.
        others_en, others_zh: further wordings that mean it.
        plural: English plural where it is no plain s.
        unit: Chinese measure word.
    """

    en: str
    zh: str
    others_en: tuple[str, ...] = ()
    others_zh: tuple[str, ...] = ()
    plural: str = ""
    unit: str = "个"

    def say(self, language: Language) -> str:
        """The word in a language."""
        return self.en if language == "en" else self.zh

    def many(self, language: Language) -> str:
        """The English plural; the Chinese word."""
        return self.zh if language == "zh" else self.plural or f"{self.en}s"

    def answer(self, language: Language) -> Answer:
        """The word as an answer; a Chinese dialogue accepts the English word too."""
        if language == "en":
            return Answer(self.en, self.others_en)
        return Answer(self.zh, (*self.others_zh, self.en, *self.others_en))


COLOURS: dict[str, Term] = {
    "red": Term("red", "红色", (), ("红", "红的")),
    "orange": Term("orange", "橙色", (), ("橙", "橘色", "橙黄色", "橘黄色")),
    "yellow": Term("yellow", "黄色", (), ("黄", "黄的")),
    "green": Term("green", "绿色", (), ("绿", "绿的")),
    "blue": Term("blue", "蓝色", (), ("蓝", "蓝的")),
    "purple": Term("purple", "紫色", ("violet",), ("紫", "紫的")),
    "pink": Term("pink", "粉色", (), ("粉红色", "粉红", "粉")),
    "brown": Term("brown", "棕色", (), ("褐色", "棕", "咖啡色")),
    "grey": Term("grey", "灰色", ("gray",), ("灰", "灰的")),
}
OBJECTS: dict[str, Term] = {
    "mug": Term("mug", "马克杯", ("cup",), ("杯子", "水杯")),
    "teapot": Term("teapot", "茶壶", (), ("壶",), unit="把"),
    "vase": Term("vase", "花瓶"),
    "globe": Term("globe", "地球仪"),
    "lamp": Term("lamp", "台灯", ("table lamp", "desk lamp"), ("灯",), unit="盏"),
    "candle": Term("candle", "蜡烛", unit="根"),
    "bottle": Term("bottle", "瓶子", (), ("酒瓶",)),
    "box": Term("box", "盒子", (), ("箱子", "礼盒"), "boxes"),
    "bowl": Term("bowl", "碗", unit="只"),
    "radio": Term("radio", "收音机", unit="台"),
    "camera": Term("camera", "相机", (), ("照相机",), unit="台"),
    "bell": Term("bell", "铃铛", (), ("铃", "钟铃")),
    "ball": Term("ball", "球", (), ("皮球",)),
    "plant": Term("potted plant", "盆栽", ("plant", "pot plant"), ("绿植", "植物"), unit="盆"),
    "book": Term("book", "书", unit="本"),
    "alarm clock": Term("alarm clock", "闹钟"),
    "hat": Term("hat", "帽子", unit="顶"),
    "umbrella": Term("umbrella", "雨伞", (), ("伞",), unit="把"),
}
DISHES: dict[str, tuple[Term, ...]] = {
    "soup": (
        Term("Tomato soup", "番茄汤", (), ("西红柿汤",)), Term("Pumpkin soup", "南瓜汤"), Term("Lentil soup", "扁豆汤"),
        Term("Onion soup", "洋葱汤"), Term("Mushroom soup", "蘑菇汤"), Term("Leek soup", "韭葱汤"),
    ),
    "main": (
        Term(
            "Baked trout", "烤鳟鱼"), Term("Roast duck", "烤鸭"), Term("Beef stew", "炖牛肉"), Term("Lamb curry",
            "咖喱羊肉",
        ),
        Term("Chicken pie", "鸡肉派"), Term("Grilled salmon", "烤三文鱼"), Term("Pork ribs", "猪肋排", (), ("猪排骨",)),
        Term("Fish and chips", "炸鱼薯条"), Term("Veal cutlet", "小牛肉排"), Term("Turkey burger", "火鸡汉堡"),
    ),
    "green": (
        Term("Spinach lasagne", "菠菜千层面"), Term("Bean chili", "辣豆煲"), Term("Cheese dumplings", "奶酪饺子"),
        Term("Vegetable curry", "蔬菜咖喱"), Term("Stuffed peppers", "酿甜椒"), Term("Tofu noodles", "豆腐面"),
        Term("Potato gratin", "奶汁烤土豆"), Term("Beetroot risotto", "甜菜根烩饭"),
    ),
    "sweet": (
        Term("Apple cake", "苹果蛋糕"), Term("Lemon tart", "柠檬挞"), Term("Rice pudding", "米布丁"),
        Term("Cherry crumble", "樱桃酥"), Term("Chocolate mousse", "巧克力慕斯"), Term("Plum cake", "李子蛋糕"),
    ),
    "drink": (
        Term("Elderflower soda", "接骨木花汽水"), Term("Mint tea", "薄荷茶"), Term("Iced coffee", "冰咖啡"),
        Term("Ginger beer", "姜汁汽水"), Term("Pear juice", "梨汁"), Term("Hot cocoa", "热可可"),
    ),
}  # fmt: skip
GOODS: tuple[Term, ...] = (
    Term(
        "Paint brush", "油漆刷"), Term("Light bulbs", "灯泡"), Term("Door handle", "门把手"), Term("Garden hose",
        "花园水管",
    ),
    Term(
        "Wall hooks", "墙钩"), Term("Tape measure", "卷尺"), Term("Extension lead", "插线板"), Term("Wood glue",
        "木工胶",
    ),
    Term("Picture frame", "相框"), Term("Storage tub", "收纳箱"), Term("Bath mat", "浴室垫"), Term("Desk lamp", "台灯"),
    Term("Notebook", "笔记本"), Term("Marker pens", "记号笔"), Term("Paper cups", "纸杯"), Term("Tablecloth", "桌布"),
    Term("Candles", "蜡烛"), Term("String lights", "串灯"), Term("Rucksack", "背包"), Term("Rain cover", "防雨罩"),
    Term(
        "Trail map", "徒步地图"), Term("Sun cream", "防晒霜"), Term("Water bottle", "水瓶"), Term("Travel plug",
        "转换插头",
    ),
    Term("Bread rolls", "小面包"), Term("Olive oil", "橄榄油"), Term("Goat cheese", "山羊奶酪"), Term("Plums", "李子"),
    Term("Walnuts", "核桃"), Term("Oat milk", "燕麦奶"), Term("Honey", "蜂蜜"), Term("Rye bread", "黑麦面包"),
)  # fmt: skip
TOWNS: tuple[str, ...] = (
    "Alden", "Brackley", "Corvale", "Dunmore", "Eastham", "Fernhill", "Garrow", "Hexby", "Ivermoor", "Kelso",
    "Larkfield",
    "Morwen", "Norbury", "Oakley", "Penrith", "Quorn", "Redwick", "Selby", "Tarrant", "Ulverton", "Varley", "Wexcombe",
    "Yarrow", "Zennor", "Ashcombe", "Bellmere", "Crosby", "Dalby", "Elmstead", "Farley",
)  # fmt: skip
CITIES: tuple[Term, ...] = (
    Term(
        "Lisbon", "里斯本"), Term("Oslo", "奥斯陆"), Term("Prague", "布拉格"), Term("Vienna",
        "维也纳"), Term("Athens", "雅典",
    ),
    Term(
        "Dublin", "都柏林"), Term("Warsaw", "华沙"), Term("Geneva", "日内瓦"), Term("Porto", "波尔图"), Term("Milan",
        "米兰",
    ),
    Term(
        "Lyon", "里昂"), Term("Hamburg", "汉堡"), Term("Riga", "里加"), Term("Zagreb", "萨格勒布"), Term("Naples",
        "那不勒斯",
    ),
    Term(
        "Seville", "塞维利亚"), Term("Bergen", "卑尔根"), Term("Krakow", "克拉科夫"), Term("Basel",
        "巴塞尔"), Term("Turin", "都灵",
    ),
    Term(
        "Lima", "利马"), Term("Cairo", "开罗"), Term("Nairobi", "内罗毕"), Term("Toronto", "多伦多"), Term("Sydney",
        "悉尼",
    ),
    Term("Delhi", "德里"), Term("Osaka", "大阪"), Term("Santiago", "圣地亚哥"),
)  # fmt: skip
STREETS: tuple[str, ...] = (
    "Elm Street", "Mill Lane", "Castle Road", "Bridge Street", "Orchard Way", "Station Road", "Linden Row",
    "Harbour Street",
    "Copper Lane", "Windsor Road", "Chapel Street", "Foundry Lane", "Garden Row", "Market Street", "Quarry Road",
    "Swan Lane", "Abbey Road", "Vine Street", "Weaver Row", "Tower Lane",
)  # fmt: skip
PLACES: tuple[Term, ...] = (
    Term("bakery", "面包店", (), ("面包房",), "bakeries"), Term("pharmacy", "药店", (), ("药房",), "pharmacies"),
    Term(
        "library", "图书馆", (), (), "libraries"), Term("post office", "邮局"), Term("bookshop", "书店",
        ("book shop",),
    ),
    Term("museum", "博物馆"), Term("hotel", "酒店", (), ("旅馆", "宾馆")), Term("cinema", "电影院", (), ("影院",)),
    Term("florist", "花店"), Term("dentist", "牙科诊所", (), ("牙医", "牙医诊所")), Term("bank", "银行"),
    Term("school", "学校"), Term("theatre", "剧院", ("theater",), ("剧场",)), Term("bike shop", "自行车店"),
    Term(
        "toy shop", "玩具店"), Term("butcher", "肉铺", (), ("肉店",)), Term("gym", "健身房"), Term("laundry",
        "洗衣店",
    ),
)  # fmt: skip
EVENTS: tuple[Term, ...] = (
    Term(
        "Choir", "合唱排练", (), ("合唱", "合唱团")), Term("Dentist", "看牙", (),
        ("牙医", "看牙医")), Term("Book club", "读书会",
    ),
    Term(
        "Swimming", "游泳"), Term("Parents' evening", "家长会"), Term("Car service", "汽车保养", (),
        ("保养汽车", "车辆保养"),
    ),
    Term(
        "Concert", "音乐会", (), ("演唱会",)), Term("Pottery class", "陶艺课"), Term("Chess night", "国际象棋之夜",
        (), ("国际象棋",),
    ),
    Term(
        "Picnic", "野餐"), Term("Haircut", "剪头发", (), ("理发",)), Term("Yoga", "瑜伽"), Term("Film club",
        "电影俱乐部",
    ),
    Term(
        "Eye test", "验光", (), ("视力检查",)), Term("Garden fair", "园艺集市"), Term("Quiz night", "知识竞赛", (),
        ("问答之夜",),
    ),
    Term("Museum tour", "博物馆参观", (), ("参观博物馆",)), Term("Boat trip", "乘船游", (), ("坐船", "游船")),
)  # fmt: skip
ROOMS: tuple[Term, ...] = (
    Term("living room", "客厅"), Term("kitchen", "厨房"), Term("bedroom", "卧室"), Term("study", "书房"),
    Term(
        "bathroom", "浴室", (), ("卫生间",)), Term("dining room", "餐厅"), Term("hall", "门厅", ("hallway",),
        ("玄关", "走廊"),
    ),
    Term("playroom", "游戏室"), Term("pantry", "储藏室"), Term("guest room", "客房"),
)  # fmt: skip
WEATHER: dict[str, Term] = {
    "sun": Term("sunny", "晴", ("sun", "sunshine", "clear"), ("晴天", "太阳", "阳光")),
    "cloud": Term("cloudy", "多云", ("clouds", "cloud", "overcast"), ("阴", "阴天", "云")),
    "rain": Term("rainy", "下雨", ("rain", "showers"), ("雨", "有雨", "雨天")),
    "snow": Term("snowy", "下雪", ("snow",), ("雪", "有雪", "雪天")),
    "storm": Term("thunderstorms", "雷雨", ("storm", "stormy", "thunder", "lightning"), ("雷暴", "雷阵雨", "打雷")),
    "fog": Term("foggy", "有雾", ("fog", "mist", "misty"), ("雾", "大雾", "雾天")),
}
PEOPLE: dict[Language, tuple[str, ...]] = {
    "en": (
        "Nora", "Felix", "Ingrid", "Marcus", "Priya", "Tomas", "Leila", "Owen", "Greta", "Samir", "Hazel", "Jonas",
        "Mina",
        "Victor", "Alma", "Kenji", "Rosa", "Dmitri", "Ada", "Colin", "Yusuf", "Bea", "Stefan", "Wanda", "Ravi", "Elise",
    ),
    "zh": (
        "小林", "阿杰", "晓雯", "志强", "梦瑶", "老周", "思远", "佳佳", "建国", "雨桐", "子涵", "阿敏", "小何",
        "文静", "大伟", "晓峰",
        "若琳", "老赵", "欣怡", "立新", "小彭", "阿芳", "天宇", "春梅", "家豪", "慧敏",
    ),
}  # fmt: skip

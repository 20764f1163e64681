"""Topics that are about the user's own affairs."""

from __future__ import annotations

from evalkit.tasks.mmmb_twin import values
from evalkit.tasks.mmmb_twin.topic import (
    Topic,
    TopicWords,
    a_date,
    a_number,
    a_password,
    a_space,
    a_term,
    a_time,
    surname,
)  # fmt: skip
from evalkit.tasks.mmmb_twin.topic_terms import FLOWERS

OWN_TOPICS: tuple[Topic, ...] = (
    Topic("locker", "code", lambda world: values.code(str(world.one("pin", range(1013, 9987)))), {
        "en": TopicWords(
            (
                "My locker code at the pool is {v}.", "At the pool my locker opens with {v}.",
                "For my locker at the pool I set the code {v}.",
            ),
            ("I had to change my locker code at the pool; it's {v} now.", "The pool gave me a new locker code: {v}."),
            ("What's my locker code at the pool?", "Which code opens my locker at the pool?"),
            (
                "What was my locker code at the pool before it changed?",
                "Which locker code did I have at the pool first?",
            ),
        ),
        "zh": TopicWords(
            ("我游泳馆储物柜的密码是{v}。", "游泳馆的柜子我设的密码是{v}。", "我在游泳馆的柜子密码是{v}。"),
            ("游泳馆储物柜的密码改了，现在是{v}。", "游泳馆给我换了柜子，新密码是{v}。"),
            ("我游泳馆柜子的密码是多少？", "游泳馆储物柜现在用哪个密码？"),
            ("我游泳馆柜子原来的密码是什么？", "改之前，游泳馆储物柜的密码是多少？"),
        )}, 9000),
    Topic("dentist", "weekday", lambda world: values.weekday(world.one("stated day", range(5)), world.language), {
        "en": TopicWords(
            (
                "My dentist appointment is on {v}.", "They can see me at the dentist's on {v}.",
                "I'm going to the dentist on {v}.",
            ),
            (
                "The dentist's office called; my appointment is on {v} instead.",
                "My dentist appointment got pushed to {v}.",
            ),
            ("On which day is my dentist appointment?", "What day do I see the dentist?"),
            (
                "On which day was my dentist appointment before they called?",
                "What was the first day I had for the dentist?",
            ),
        ),
        "zh": TopicWords(
            ("我约了{v}去看牙。", "牙医那边给我约在{v}。", "我{v}要去看牙医。"),
            ("诊所来电话，看牙改到{v}了。", "看牙的时间变了，改成{v}。"),
            ("我星期几去看牙？", "我看牙约的是哪天？"),
            ("我看牙最早约的是星期几？", "改期之前，我看牙是哪天？"),
        )}, 5),
    Topic("guests", "count", a_number("guests", 11, 58), {
        "en": TopicWords(
            (
                "We'll be {v} people at the barbecue.", "For the barbecue {v} people have said yes.",
                "The barbecue is for {v} people.",
            ),
            (
                "More replies came in: the barbecue is now for {v} people.",
                "Update on the barbecue, we'll be {v} people.",
            ),
            ("How many people are coming to the barbecue?", "For how many people is the barbecue?"),
            (
                "How many people was the barbecue planned for at first?",
                "What was the first number of people I gave for the barbecue?",
            ),
        ),
        "zh": TopicWords(
            ("烧烤一共{v}个人来。", "烧烤聚会有{v}个人报名。", "烧烤按{v}个人准备。"),
            ("又有人回复了，烧烤现在是{v}个人。", "烧烤的人数变了，现在{v}个人。"),
            ("烧烤现在有多少人来？", "烧烤要按几个人准备？"),
            ("烧烤一开始说是多少人？", "人数变动之前，烧烤有几个人？"),
        )}, 48),
    Topic("room", "number", a_number("room", 103, 879), {
        "en": TopicWords(
            (
                "At the conference hotel I'm in room {v}.", "My room at the conference hotel is {v}.",
                "They put me in room {v} at the conference hotel.",
            ),
            (
                "They moved me to room {v} at the conference hotel because of the noise.",
                "I've changed rooms at the conference hotel; I'm in {v} now.",
            ),
            ("What's my room number at the conference hotel?", "In which room am I staying at the conference hotel?"),
            (
                "Which room did I have at the conference hotel first?",
                "What was my room at the conference hotel before the change?",
            ),
        ),
        "zh": TopicWords(
            ("开会住的酒店，我在{v}房间。", "会议酒店给我安排的是{v}号房。", "我在会议酒店住{v}房。"),
            ("因为太吵，酒店把我换到{v}房了。", "我在会议酒店换了房间，现在是{v}。"),
            ("我在会议酒店住哪个房间？", "我开会住的房间号是多少？"),
            ("换房之前，我在会议酒店住哪间？", "会议酒店最早给我的是哪个房间？"),
        )}, 770),
    Topic("coach", "name", lambda world: values.name(*surname(world)), {
        "en": TopicWords(
            ("The new maths tutor is {v}.", "We found a maths tutor, {v}.", "{v} is going to be the maths tutor."),
            ("The maths tutor cancelled; {v} is taking over.", "There's a different maths tutor now: {v}."),
            ("Who is the maths tutor?", "What's the name of the maths tutor?"),
            ("Who was the maths tutor at first?", "Which maths tutor did we have before the change?"),
        ),
        "zh": TopicWords(
            ("孩子的数学家教是{v}。", "我们请了{v}来教数学。", "数学家教定了，是{v}。"),
            ("数学家教来不了，换成{v}了。", "数学家教换人了，现在是{v}。"),
            ("数学家教是谁？", "现在教数学的是哪位老师？"),
            ("最开始的数学家教是谁？", "换人之前，数学家教是哪位？"),
        )}, 12),
    Topic("parking", "code", a_space, {
        "en": TopicWords(
            (
                "I left the car in parking space {v}.", "The car is in parking space {v}.",
                "Note for later: the car stands in space {v}.",
            ),
            ("I had to move the car; it's in space {v} now.", "The car now stands in parking space {v}."),
            ("In which parking space is my car?", "Where did I park, which space?"),
            ("In which parking space was my car first?", "Which space was the car in before I moved it?"),
        ),
        "zh": TopicWords(
            ("我把车停在{v}车位。", "车停在{v}。", "帮我记一下，车在{v}车位。"),
            ("我挪了车，现在在{v}车位。", "车换地方了，停在{v}。"),
            ("我的车停在哪个车位？", "我的车位号是多少？"),
            ("挪车之前，我的车停在哪个车位？", "我的车最早停在哪个车位？"),
        )}, 600),
    Topic("wifi", "password", a_password, {
        "en": TopicWords(
            (
                "The Wi-Fi password in the cabin is {v}.", "For the Wi-Fi in the cabin you need {v}.",
                "The cabin's Wi-Fi password: {v}.",
            ),
            ("The host changed the cabin's Wi-Fi password to {v}.", "New Wi-Fi password in the cabin, it's {v}."),
            ("What's the Wi-Fi password in the cabin?", "Which password does the cabin's Wi-Fi have?"),
            (
                "What was the cabin's Wi-Fi password before the host changed it?",
                "Which Wi-Fi password did the cabin have first?",
            ),
        ),
        "zh": TopicWords(
            ("木屋的无线密码是{v}。", "木屋里连网的密码是{v}。", "记一下木屋的无线密码：{v}。"),
            ("房东把木屋的无线密码改成{v}了。", "木屋的无线密码换了，是{v}。"),
            ("木屋的无线密码是什么？", "木屋连网用哪个密码？"),
            ("房东改之前，木屋的无线密码是什么？", "木屋原来的无线密码是哪个？"),
        )}, 9000),
    Topic("deadline", "date", a_date, {
        "en": TopicWords(
            (
                "My grant application is due on {v}.", "The grant application has to be in by {v}.",
                "Deadline for the grant application is {v}.",
            ),
            ("They moved the grant deadline to {v}.", "The grant application is now due on {v}."),
            ("When is my grant application due?", "On which date is the grant deadline?"),
            (
                "What was the grant deadline before they moved it?",
                "On which date was the grant application due originally?",
            ),
        ),
        "zh": TopicWords(
            ("我的项目申请{v}截止。", "项目申请要在{v}之前交。", "项目申请的截止日是{v}。"),
            ("项目申请的截止日改到{v}了。", "项目申请推到{v}截止了。"),
            ("我的项目申请几号截止？", "项目申请的截止日是哪天？"),
            ("项目申请原来是几号截止？", "改期之前，项目申请的截止日是几号？"),
        )}, 27),
    Topic("rehearsal", "time", a_time, {
        "en": TopicWords(
            ("Our rehearsal starts at {v}.", "Rehearsal begins at {v}.", "We start rehearsing at {v}."),
            ("The conductor moved the rehearsal to {v}.", "Rehearsal starts at {v} now."),
            ("When does our rehearsal start?", "At what time does the rehearsal begin?"),
            (
                "When was the rehearsal before the conductor moved it?",
                "What was the first time I gave you for the rehearsal?",
            ),
        ),
        "zh": TopicWords(
            ("我们{v}开始排练。", "排练{v}开始。", "排练时间是{v}。"),
            ("指挥把排练改到{v}了。", "排练的时间变了，{v}开始。"),
            ("我们几点开始排练？", "排练是几点？"),
            ("排练原来定在几点？", "改时间之前，排练是几点开始？"),
        )}, 190),
    Topic("balcony", "plant", a_term("flower", FLOWERS), {
        "en": TopicWords(
            (
                "For the balcony I've decided on {v}.", "I'm going to plant {v} on the balcony.",
                "The balcony boxes will be filled with {v}.",
            ),
            ("On second thought I'm planting {v} on the balcony.", "The balcony will get {v} after all."),
            ("What am I planting on the balcony?", "Which plants did I decide on for the balcony?"),
            (
                "What was I going to plant on the balcony at first?",
                "Which plants did I want for the balcony before I changed my mind?",
            ),
        ),
        "zh": TopicWords(
            ("阳台上我打算种{v}。", "我决定在阳台种{v}。", "阳台的花箱准备种{v}。"),
            ("我又想了想，阳台改种{v}。", "阳台最后还是种{v}吧。"),
            ("我打算在阳台种什么？", "阳台种什么定了吗，是哪种？"),
            ("我一开始想在阳台种什么？", "改主意之前，阳台要种什么？"),
        )}, 12),
)  # fmt: skip

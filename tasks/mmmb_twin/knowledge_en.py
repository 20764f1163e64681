"""General questions an English dialogue may ask in between, with short answers."""

from __future__ import annotations

KNOWLEDGE_EN: tuple[tuple[str, str], ...] = (
    ("Why do onions make people cry?", "Cutting them sets free a sulphur gas that irritates the eyes."),
    (
        "How do I get red wine out of a tablecloth?",
        "Blot it, rinse with cold water, then treat it with salt or soda before washing.",
    ),
    (
        "What's the difference between a typhoon and a hurricane?",
        "They are the same kind of storm; only the ocean they form in gives them different names.",
    ),
    (
        "Why is the sky dark at night although there are so many stars?",
        "The universe has a finite age, so light from most distant stars has not reached us.",
    ),
    ("Can I freeze fresh basil?", "Yes, chop it, cover it with a little oil and freeze it in an ice tray."),
    (
        "What keeps cut flowers fresh for longer?",
        "Fresh water daily, a clean slanted cut and a place away from the heater.",
    ),
    ("Which planet has the most moons we know of?", "Saturn, by a wide margin."),
    ("Why does bread go stale faster in the fridge?", "The cold makes its starch crystallise more quickly."),
    ("How can I tell whether an avocado is ripe?", "Press it gently; a ripe one gives a little without feeling mushy."),
    ("What is a leap second good for?", "It keeps clock time in step with the slightly uneven rotation of the earth."),
    ("Why do cats knead blankets?", "It's a leftover from kittenhood, when kneading made the milk flow."),
    ("Is it bad to water plants in full sun?", "It mostly wastes water through evaporation; early morning is better."),
    ("What does a barometer actually measure?", "The pressure of the air above us."),
    (
        "How do noise-cancelling headphones work?",
        "They play the incoming sound back upside down, so that both cancel out.",
    ),
    ("Why do we say a flight is eastbound and faster?", "Strong westerly winds at high altitude push the plane along."),
    (
        "What's the easiest knot for tying a parcel?",
        "A packer's knot; it tightens by pulling and holds while you finish.",
    ),
    ("Why does metal feel colder than wood?", "It conducts heat away from your hand much faster."),
    (
        "Could you explain compound interest in a sentence?",
        "You earn interest on the interest of earlier periods as well.",
    ),
    ("What makes sourdough sour?", "Acids from the lactic bacteria in the starter."),
    ("Do fish sleep?", "Most of them rest in a sleep-like state, with open eyes as they have no lids."),
    ("Why are manhole covers round?", "A round lid can't fall through its own opening, whichever way it is turned."),
    ("How does a thermos keep tea hot?", "A vacuum between its walls stops heat from being conducted away."),
    (
        "What is the point of stretching after a run?",
        "It mainly feels good and helps to wind down; the effect on soreness is small.",
    ),
    ("Where does the word salary come from?", "From the Latin salarium, which is related to salt."),
    ("How do bees find their way home?", "By the position of the sun, landmarks and smell."),
    ("Why do old books smell like vanilla?", "Their paper breaks down into substances similar to vanillin."),
    ("What's a good way to learn vocabulary?", "Short daily reviews spaced further and further apart."),
    (
        "Can you boil water at a lower temperature?",
        "Yes, high in the mountains it boils earlier, as the air pressure is lower.",
    ),
    ("Why do leaves change colour in autumn?", "The green pigment is broken down, and other pigments become visible."),
    ("What does it mean when a wine is corked?", "A substance from the cork has given it a musty smell."),
    ("Is lightning attracted by metal?", "Height and shape matter far more than the material."),
    ("How do I stop my glasses from fogging up?", "A drop of soap wiped thinly over the lenses helps for a while."),
    (
        "What is the difference between weather and climate?",
        "Weather is what happens now, climate is the average over decades.",
    ),
    ("Why does a curveball curve?", "Its spin drags air along and makes the pressure uneven."),
    ("How should I store potatoes?", "Dark, cool and airy, and not next to onions."),
    ("Why is Venus hotter than Mercury?", "Its thick atmosphere traps the heat."),
    (
        "What do I do when a song is stuck in my head?",
        "Listening to it once to the end, or doing a puzzle, often helps.",
    ),
    ("How do tides come about?", "Mostly through the pull of the moon on the oceans."),
    ("What's the purpose of primer before painting?", "It seals the surface so that the paint sticks evenly."),
    (
        "Why do some people sneeze in bright light?",
        "It's an inherited reflex in which nerve signals seem to get crossed.",
    ),
    ("How is decaf coffee made?", "The green beans are soaked, and the caffeine is washed out before roasting."),
    ("Do penguins have knees?", "They do, hidden under their feathers."),
    ("What is a palimpsest?", "A page whose text was scraped off so it could be written on again."),
    ("How do I sharpen a kitchen knife?", "Draw it over a whetstone at a steady flat angle, both sides evenly."),
    ("Why does popcorn pop?", "The water inside turns into steam until the hull bursts."),
    ("What does a conductor's left hand do?", "It shapes expression: volume, entries and phrasing."),
    ("Is glass a liquid?", "No, it's an amorphous solid; old window panes were simply made unevenly."),
    ("How do geckos walk on ceilings?", "Millions of fine hairs on their feet cling by molecular forces."),
)  # fmt: skip

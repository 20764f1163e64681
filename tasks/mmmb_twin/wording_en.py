"""English small talk of the dialogues: openings, transitions, acknowledgements, ways to come back to something."""

from __future__ import annotations

from evalkit.tasks.mmmb_twin.small_talk import SmallTalk

ENGLISH = SmallTalk(
    openings=(
        "Hi, I have a busy few days ahead and would like to go through some things with you.",
        "Good morning! I'm sorting out a pile of bits and pieces, can you keep me company?",
        "Hello, I'm going to send you a couple of pictures and notes over the next minutes.",
        "Hey there. I'm clearing my phone and my head at the same time, so expect a mix of topics.",
        "Hi! {p} and I are planning several things at once and I need someone with a good memory.",
        "Evening. I'd like to talk through my week; some of it is on photos.",
        "Hello again, I'm organising a few errands together with {p}.",
        "Hi, could you follow along while I collect information for the coming weeks?",
        "I've promised {p} to take care of a lot of small things. Let's see how far we get.",
        "Good afternoon, I'm putting a scrapbook of this month together and have some questions along the way.",
        "Hey, I'm on the train with nothing to do, so let's go through my notes and pictures.",
        "Hi. Bear with me, I'll jump between subjects a little today.",
        "Hello! My desk is a mess, and I want to get it all in order with your help.",
        "Hi, {p} says I should write everything down. I'd rather tell you.",
        "Morning. There's a lot going on at home and at work, so let me think aloud with you.",
        "Hey, do you have a minute? I keep losing track of my plans.",
        "Hello, I'm waiting at the laundrette and would love to get a few things settled.",
        "Good evening! Before the week is over I want to tidy up my photos and to-dos.",
        "Hi there, I'm helping {p} with a couple of arrangements and need a second pair of eyes.",
        "Okay, new day, new chaos. Let me show you what I've got.",
        "Hi, it's me again with my usual mixture of pictures and half-made plans.",
        "Hello. I've been collecting snippets for days and it's time to look at them properly.",
    ),
    greets=(
        "Happy to help.", "Of course, go ahead.", "Sure, I'm all ears.", "Hello! Let's do that.", "With pleasure.",
        "Sounds good, let's start.", "Hi! I'm ready.", "No problem at all.",
    ),
    joins=("", "", "", "", "Also: ", "Next thing. ", "Okay, moving on. ", "Different subject. ",
           "Oh, and another thing. ",
           "Right. ", "While I think of it: ", "Before I forget: ", "Let's continue. ", "Now for something else. ",
           "So, what else... ", "Here we go. "),
    tells=("", "", "", "", "Just so you know: ", "For your information: ", "Something else. ", "Please remember this: ",
           "A quick update. ", "By the way: ", "Speaking of plans: ", "One more bit of news. ",
           "This might matter later: ",
           "Oh, right. "),
    acks=(
        "Got it.", "Noted.", "Okay, I'll keep that in mind.", "Thanks for letting me know.",
        "Alright, I've made a note of it.",
        "Sure, I'll remember.", "Understood.", "Good to know.", "Okay!", "Thanks, that's noted.",
        "Fine, I'll bear that in mind.",
        "All right.",
    ),
    echoes=("Okay, {v} it is.", "{v}, got it.", "Noted: {v}.", "Alright, {v}."),
    recalls=(
        "Let's go back to {name}. {ask}", "Remember {name}? {ask}", "One question about {name} from earlier: {ask}",
        "I'm thinking of {name} again. {ask}", "Coming back to {name}: {ask}",
        "Can you tell me something about {name}? {ask}",
        "I need one detail from {name} now. {ask}", "You saw {name} before. {ask}",
        "About {name} that I showed you: {ask}",
        "I can't find {name} any more. {ask}",
    ),
    reminders=(
        "I told you earlier, but I forget: {ask}", "Remind me, please. {ask}", "Wait, what did I say? {ask}",
        "Can you help my memory? {ask}", "Something I mentioned before: {ask}", "I should know this, but {ask}",
        "Quick check whether you were listening. {ask}", "Let me see if you remember: {ask}", "I've lost track. {ask}",
        "Going back to what I told you, {ask}",
    ),
    recounts=(
        "You told me: {v}.", "{v}, as you said.", "You mentioned {v}.", "That was {v}.",
        "{v}, if I remember your words correctly.",
    ),
    looks=(
        "{Says}.", "As far as I can see, {says}.", "From the picture, {says}.", "It seems that {says}.",
        "I can read it clearly: {says}.",
        "Looking closely, {says}.", "{Says}, judging by the picture.", "Let me look... {says}.",
    ),
    memories=(
        "If I recall the picture correctly, {says}.", "On that picture, {says}.",
        "{Says}, going by the picture you sent.", "As shown there, {says}.",
    ),
    concludes=(
        "Putting both together: {v}.", "With what you told me, that is {v}.", "Then it's {v}.", "In that case, {v}.",
    ),
    glances=(
        "While we're at it, {ask}", "Can you tell me: {ask}", "{Ask}", "I can't quite make it out. {Ask}",
        "Just checking, {ask}",
        "{Ask} I left my glasses at home.", "Help me out here, {ask}", "My eyes are tired. {Ask}", "Quick one: {ask}",
        "The screen is too small for me. {Ask}", "I'm curious, {ask}", "Since you can see it, {ask}",
        "{Ask} I'd like to be sure.",
    ),
    aside=(
        "Here's another picture, just for fun.", "This one came along with it.",
        "Never mind this picture, I only want to keep it here.",
        "I'm attaching one more picture for my files.", "Don't worry about this picture, it's for later.",
        "Ah, that picture slipped in by accident.", "I'll leave this picture here as well.",
        "One more for the collection.",
        "We can come to this picture another time.", "This picture has nothing to do with my question.",
    ),
)  # fmt: skip

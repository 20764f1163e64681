"""OpenAudioBench: five sets of spoken questions, each with a judge of its own."""

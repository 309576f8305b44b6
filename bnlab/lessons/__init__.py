"""What is asked and said: presets, quiz, commentary, published figures."""

"""Language models behind OpenAI's chat-completions protocol, with a journal of everything answered."""

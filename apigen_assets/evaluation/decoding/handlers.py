"""Which form the leaderboard's own handler of a model reads, by the handler's name in bfcl-eval 2026.3.23."""

_NATIVE = {
    "OpenAIResponsesHandler", "OpenAICompletionsHandler", "ClaudeHandler", "MistralHandler", "DeepSeekAPIHandler",
    "FireworksHandler", "FunctionaryHandler", "GLMAPIHandler", "GoGoAgentHandler", "GrokHandler", "KimiHandler",
    "LingAPIHandler", "NanbeigeAPIHandler", "NovitaHandler", "QwenAPIHandler", "QwenAgentThinkHandler",
    "QwenAgentNoThinkHandler", "WriterHandler", "MiningHandler", "DMCitoHandler", "CohereHandler", "NovaHandler",
    "ArchHandler", "PhiFCHandler", "Granite3FCHandler", "MistralFCHandler", "GeminiHandler",
}  # fmt: skip
"""Handlers that keep tool calls as structures where the model is asked for them natively."""

_STRUCTURES_ALWAYS = {"MistralFCHandler", "MiningHandler", "DMCitoHandler"}

_TEXT = {
    "GeminiHandler": "gemini",
    "GorillaHandler": "gorilla",
    "NexusHandler": "nexus",
    "NemotronHandler": "nemotron",
    "PhiHandler": "phi",
    "LlamaHandler_3_1": "llama",
    "SalesforceLlamaHandler": "json",
    "SalesforceQwenHandler": "json",
    "BitAgentHandler": "bitagent",
    "ThinkAgentHandler": "think-agent",
    "QwenFCHandler": "hermes",
    "Granite4FCHandler": "hermes",
    "NanbeigeFCHandler": "hermes",
    "PelicanVLFCHandler": "hermes",
    "HammerHandler": "hammer",
    "GLMHandler": "glm",
    "GraniteFunctionCallingHandler": "granite-20b",
    "MiniCPMFCHandler": "minicpm",
    "Falcon3FCHandler": "falcon",
    "FunctionGemmaHandler": "functiongemma",
}


def form_of_handler(handler: str, native: bool) -> str:
    """The form that a handler reads; `native`: the model is asked for tool calls (`is_fc_model`).

    Handlers with no form of their own read Python calls, as the package's default does.
    """
    if handler in _STRUCTURES_ALWAYS or (native and handler in _NATIVE):
        return "openai"
    return _TEXT.get(handler, "python")

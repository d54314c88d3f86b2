"""Chat templates: those that TRL bundles, and small ones in the manner of families that it has none of."""

from importlib.util import find_spec
from pathlib import Path


def bundled() -> dict[str, str]:
    """TRL's templates that write calls, by name; none where it is not installed."""
    spec = find_spec("trl")
    if spec is None or not spec.submodule_search_locations:
        return {}
    folder = Path(spec.submodule_search_locations[0]) / "chat_templates"
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.jinja"))}
    return {name: text for name, text in texts.items() if "tool_call" in text}


MISTRAL = (
    "{{ bos_token }}{%- for m in messages %}"
    "{%- if m.role == 'user' %}"
    "{%- if tools and loop.index0 == messages | selectattr('role', 'equalto', 'user') | list | length - 1 %}"
    "[AVAILABLE_TOOLS]{{ tools | tojson }}[/AVAILABLE_TOOLS]{% endif %}[INST]{{ m.content }}[/INST]"
    "{%- elif m.tool_calls is defined and m.tool_calls is not none %}[TOOL_CALLS] ["
    "{%- for c in m.tool_calls %}"
    "{%- if c.id is not defined or c.id is not string or c.id | length != 9 %}"
    "{{ raise_exception('a call id has nine letters or digits') }}{% endif %}"
    "{{ dict(c.function, id=c.id) | tojson }}{{ ', ' if not loop.last }}{% endfor %}]{{ eos_token }}"
    "{%- else %}{{ ' ' + m.content + eos_token }}{% endif %}{% endfor %}"
)

COMMAND = (
    "{%- for m in messages %}<|START_OF_TURN_TOKEN|>"
    "{%- if m.role == 'user' %}<|USER_TOKEN|>{{ m.content }}"
    "{%- else %}<|CHATBOT_TOKEN|>"
    "{%- if m.tool_calls %}<|START_ACTION|>[\n"
    "{%- for c in m.tool_calls %}"
    '    {"tool_call_id": "{{ loop.index0 }}", "tool_name": {{ c.function.name | tojson }}, '
    '"parameters": {{ c.function.arguments | tojson }}}{{ ",\n" if not loop.last }}{% endfor %}\n]<|END_ACTION|>'
    "{%- else %}<|START_RESPONSE|>{{ m.content }}<|END_RESPONSE|>{% endif %}{% endif %}"
    "<|END_OF_TURN_TOKEN|>{% endfor %}"
)

MINIMAX = (
    "{%- macro shown(value) %}{{ value if value is string else value | tojson }}{% endmacro %}"
    "{%- for m in messages %}]~b]{{ m.role }}\n{{ m.content or '' }}"
    "{%- if m.tool_calls %}\n<minimax:tool_call>\n{% for c in m.tool_calls %}"
    '<invoke name="{{ c.function.name }}">\n'
    "{%- for key, value in c.function.arguments | items %}"
    '<parameter name="{{ key }}">{{ shown(value) }}</parameter>\n{% endfor %}</invoke>\n{% endfor %}'
    "</minimax:tool_call>{% endif %}[e~[\n{% endfor %}"
)

LLAMA_4 = (
    "{%- for m in messages %}<|header_start|>{{ m.role }}<|header_end|>\n\n"
    "{%- if m.tool_calls %}<|python_start|>"
    "{%- for c in m.tool_calls %}"
    '{"name": {{ c.function.name | tojson }}, "parameters": {{ c.function.arguments | tojson }}}'
    "{{ '\n' if not loop.last }}{% endfor %}<|python_end|>"
    "{%- else %}{{ m.content }}{% endif %}<|eot|>{% endfor %}"
)

DEEPSEEK_3_1 = (
    "{%- for m in messages %}{% if m.role == 'user' %}<｜User｜>{{ m.content }}"
    "{%- else %}<｜Assistant｜></think>{{ m.content or '' }}"
    "{%- if m.tool_calls %}<｜tool▁calls▁begin｜>{% for c in m.tool_calls %}"
    "<｜tool▁call▁begin｜>{{ c.function.name }}<｜tool▁sep｜>"
    "{{ c.function.arguments if c.function.arguments is string else c.function.arguments | tojson }}"
    "<｜tool▁call▁end｜>{% endfor %}<｜tool▁calls▁end｜>{% endif %}<｜end▁of▁sentence｜>{% endif %}{% endfor %}"
)

PHI_4 = (
    "{%- for m in messages %}<|{{ m.role }}|>"
    "{%- if m.tool_calls %}<|tool_call|>{{ m.tool_calls | map(attribute='function') | list | tojson }}<|/tool_call|>"
    "{%- else %}{{ m.content }}{% endif %}<|end|>{% endfor %}"
)

HERMES = (
    "{%- for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content or '' }}"
    "{%- for c in m.tool_calls or [] %}\n<tool_call>\n{{ c.function | tojson }}\n</tool_call>{% endfor %}"
    "<|im_end|>\n{% endfor %}"
)

TEMPLATES = {
    "mistral": MISTRAL,
    "command": COMMAND,
    "minimax": MINIMAX,
    "llama 4": LLAMA_4,
    "deepseek 3.1": DEEPSEEK_3_1,
    "phi 4": PHI_4,
    "hermes": HERMES,
}

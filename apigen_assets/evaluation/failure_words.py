"""The words that failures of endpoints and programs are made of, by what they say.

Failures come in endless wordings but in few words: something of machines, and that it went wrong. What a model says
when it calls nothing speaks of functions, of what is asked, or of the question's own matter.
"""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


MACHINES = _set(
    """
    allocate allocated allocating allocator api apikey apis args assert assertion auth authentication authorization
    backend backends bearer buffer byte bytes captcha cert certificate checkpoint checkpoints chunk chunked cloudflare
    completion completions concurrency concurrent config connections container cors cpu credential credentials cublas
    cuda daemon deadline decode decoder deployment deployments dns docker embeddings encoding endpoint endpoints entity
    eof gateway goroutine gpu gpus grammar grpc guardrail guardrails handshake http https inference invoice issuer jinja
    json jwt k8s kernel kernels kubernetes kv literal llm localhost login lora middleware moderation mutex nccl nginx
    oauth panic parser payload pod prefill proc prompt prompts proxy quota quotas ram regex replica replicas retries rpc
    rpm runtime scalar schema sdk server server's servers shard shards sigkill sigterm slot slots slurmstepd socket
    sockets ssl stderr stdin stdout subprocess tcp tensor tensors thread threads throughput tls token tokenization
    tokenizer tokens tool_calls tpm tunnel udp unicode upstream url utf varnish vram walltime webhook websocket xgrammar
    """
)
"""Words that hardly any answer has but that of a machine."""

MAYBE_MACHINES = _set(
    """
    access account actor assistant attempt attempts background balance batch billing body browser budget cache call
    calls candidate candidates capacity channel chat client cluster code connect connection content context control
    conversation core credit credits daily day demand device driver engine event fetch filter format generation group
    header headers host hour index input inputs inspection instance instances internal invalid_grant job key keys length
    level license limit limits load logged loop max maximum media memory message messages mode model model's models
    monthly network node operation organization origin output outputs page parse parsing peer permission permissions
    plan policy pool processes processing project proto provider providers queue rate read region remote request
    requests resource resources response responses retry retrying risk role roles route router routing runner safety
    scope security sensitive sequence service services session signal signature site size space speed stack state status
    stream streaming string subscription system template tier traffic trial type types usage user users validation
    variable website window worker workers write
    """
)
"""Words of machines that people use as well."""

ENGINES = _set(
    "actor client connection model models origin permission provider providers resource response service services "
    "signature site stream subscription worker workers"
)
"""Of these the ones that no question's own matter is likely to be."""

FAULTS = _set(
    """
    abort aborted arrearage blocked broken busy canceled cancelled closed corrupt corrupted crash crashed dead deadlock
    decommissioned denied deprecated died disabled disconnected down dumped ended error errored errors evicted exceed
    exceeded exceeding exceeds exception exhausted exited expired fail failed failing fails failure failures fault
    faulty filtered flagged forbidden hung illegal inappropriate incomplete insufficient interrupted intervened
    invalidated killed leaked limited lost maintenance malformed mismatch occurred oom outage outdated overflow
    overflowed overload overloaded panicked premature prematurely prohibited reached refused rejected reset revoked
    saturated stalled stopped suspended terminate terminated throttled throttling timed timeout timeouts traceback
    triggered truncated unauthorised unauthorized unavailable undeliverable unhealthy unimplemented unpaid unparsable
    unprocessable unreachable unrecognised unrecognized unresolved unresponsive unsupported unterminated violated
    violates violating violation
    """
)
"""Words for what went wrong."""

MAYBE_FAULTS = _set(
    """
    bad can't cannot could couldn't currently doesn't empty enable enough exist exists experiencing fewer found full
    high however invalid large larger least less loading long longer low missing must no none not null only out requires
    should slow supported temporarily too unable undefined unexpected unexpectedly unknown warming without wrong
    """
)
"""Words that say so beside a word of machines."""

REFUSALS = _set(
    """
    accomplish address addressed answer answered answering answers applicable applies apply appropriate ask asked asking
    asks assist assistance capabilities capability cover covered covers fit fits fulfil fulfill fulfilled function
    functionality functions help helpful i i'd i'll i'm i've info information involve involves lack lacks me mean meant
    my need needed needs offered parameter parameters perform provide provided provides providing queries query question
    question's questions relate related relevance relevant require required specify suitable suited tool tools unrelated
    want what where would
    """
)
"""Words of a model that says why it calls nothing."""

PLAIN = _set(
    """
    a about above active adjust after again all allowed allows already alternate amazon an and anthropic any are as
    assignment associated at available aws azure back base be because bedrock been before being between both but by
    check cohere compiling complete contact contain contains current defined deployed details detect detected did didn't
    difficulties do does doing done due during each either else enabled encountered end every exit expected extra
    extract find finishing fireworks first for from further future gb gemini generated get gib give given giving going
    good google got groq had has have having healthy here how huggingface if image in included increase increasing into
    is issue issues it it's its itself just kind later litellm llama load local locate made make makes making management
    many matched may mb microsoft might mistral more most navigate new next now of off ollama on once one openai
    openai's openrouter or other our over own parsed part pass passed per please problem problems process produced range
    ray ready received reduce referenced remaining report reported requested returned returning run running same see
    send sending sent set shall side since so some something sorry standing such support sure take than that that's the
    their them then there these they this those through thus to tried try trying two under underlying until up us use
    used using value values verified version vertex very via vllm was wasn't way we we're we've well were when which
    while who will with within won't yet you you've your yours
    """
)
"""Words that say neither, and names of providers and engines."""

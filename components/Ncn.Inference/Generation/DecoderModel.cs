using System.Runtime.CompilerServices;
using Ncn.Inference.Batching;
using Ncn.Inference.Repository;

namespace Ncn.Inference.Generation;

/// <summary>A text model in the layout of ONNX Runtime GenAI: weights, tokenizer, chat template.</summary>
public sealed class DecoderModel : IAsyncDisposable
{
    private readonly DecoderParts _parts;
    private readonly DecoderEngine _engine;
    private readonly RowSurroundings _shared;

    /// <summary>Loads the model in the folder.</summary>
    /// <exception cref="InvalidDataException">The configuration or a file cannot be used, or the model needs too much memory; the message says which.</exception>
    public DecoderModel(string folder, ModelManifest manifest, InferenceOptions options)
        : this(DecoderParts.Load(folder, manifest, options), manifest.Name)
    {
    }

    /// <summary>Serves with parts that are loaded already.</summary>
    internal DecoderModel(DecoderParts parts, string name)
    {
        _parts = parts;
        _engine = new DecoderEngine(parts.Runtime, parts.Limits, name);
        _shared = new RowSurroundings(_engine.Metrics);
    }

    /// <summary>Prompt and completion together, in tokens.</summary>
    public int ContextTokens => _parts.Runtime.Length;

    /// <summary>What the engine is doing.</summary>
    public EngineStatistics Statistics => _engine.Statistics;

    /// <summary>
    /// True when a request has the same bits whatever runs beside it. False can be on a GPU and with quantised weights whose kernels
    /// depend on a row's place in the batch.
    /// </summary>
    public bool IsBatchInvariant => _parts.IsBatchInvariant;

    /// <summary>Sees the logits of every position; for tests.</summary>
    internal LogitsObserver? Observer
    {
        get => _shared.Observer;
        set => _shared.Observer = value;
    }

    /// <summary>Token ids of a text, without any template.</summary>
    public int[] Encode(string text) => _parts.Tokenizer.Encode(text);

    /// <summary>Token ids of a conversation, through the model's own chat template, ready for the answer.</summary>
    public int[] EncodeChat(IReadOnlyList<ChatMessage> messages) => EncodeChat(ChatPrompt.Of(messages));

    /// <summary>As above, for messages with more than a text, and tools.</summary>
    /// <param name="isHeldToForm">True when a schema holds the answer to its form.</param>
    /// <exception cref="InferenceException">The template does not take them.</exception>
    public int[] EncodeChat(ChatPrompt prompt, bool isHeldToForm = false) => Encode(_parts.Tokenizer.ApplyTemplate(prompt, isHeldToForm));

    /// <summary>A token's bytes, which need not be whole characters; a special token's name.</summary>
    public ReadOnlyMemory<byte> BytesOf(int token) => _parts.Tokenizer.Vocabulary.Bytes(token);

    /// <summary>The text of token ids; special tokens have none.</summary>
    public string Decode(ReadOnlyMemory<int> tokens) => _parts.Tokenizer.Decode(tokens);

    /// <summary>Why this model cannot run a request; null when it can.</summary>
    public InferenceException? Problem(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Problem(ContextTokens, _parts.Config.Vocabulary)
            ?? (request.JsonSchema is { } schema ? _parts.Tokenizer.Constraints.Problem(schema) : null);
    }

    /// <summary>Generates a completion. The caller reads tokens as they come; giving up reading stops the work at the next token.</summary>
    /// <exception cref="InferenceException">The request does not fit, too many wait, or the model failed.</exception>
    public async IAsyncEnumerable<GenerationEvent> GenerateAsync(
        GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Problem(request) is { } problem)
        {
            throw problem;
        }

        CompletionProgress progress = Replayed(request);
        if (progress.Finish is { } reason)
        {
            yield return new GenerationEvent.Finished(reason, progress.Rest(), request.Prompt.Length, progress.Count);
            yield break;
        }

        var row = new GenerationRow(request, progress, _shared);
        _engine.Submit(row);
        try
        {
            await foreach (GenerationEvent next in row.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (row.Taken())
                {
                    _engine.Resume(row);
                }

                yield return next;
            }
        }
        finally
        {
            _engine.Cancel(row);
            await row.Left.ConfigureAwait(false);
        }
    }

    /// <summary>
    /// How likely the model finds a completion that is given: one pass over prompt and completion, without sampling. The figures agree
    /// with those that were told while the completion was generated, but for the last bits.
    /// </summary>
    /// <param name="prompt">The prompt's token ids, at least one.</param>
    /// <param name="completion">The completion's token ids.</param>
    /// <param name="at">The positions to report; a position is a token's index in the completion, from 0.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="InferenceException">It does not fit, too many wait, or the model failed.</exception>
    public async Task<IReadOnlyList<ScoredPosition>> ScoreAsync(
        ReadOnlyMemory<int> prompt, ReadOnlyMemory<int> completion, Predicate<int> at, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(at);
        if (completion.IsEmpty)
        {
            return [];
        }

        if (Problem(new GenerationRequest { Prompt = prompt, Committed = completion, MaxTokens = completion.Length }) is { } problem)
        {
            throw problem;
        }

        var row = new ScoreRow(prompt, completion, at, _parts.Runtime);
        return await RunAsync(row, row.Result, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// What model and sampler say of a completion that is stated to be the answer to a request: one pass over prompt and completion. Each
    /// token is compared with the one that the request's options and seed draw from this model's logits.
    /// </summary>
    /// <param name="request">As it was asked; its committed tokens begin the completion.</param>
    /// <param name="delivered">The completion's tokens after the committed ones; may be empty.</param>
    /// <param name="at">Positions whose likeliest tokens are reported; a position is a token's index in the completion, from 0.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="InferenceException">It cannot be an answer to the request (too long, unknown tokens), too many wait, or the model failed.</exception>
    public async Task<ReplayReport> ReplayAsync(
        GenerationRequest request, ReadOnlyMemory<int> delivered, Predicate<int> at, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(at);
        int[] completion = [.. request.Committed.Span, .. delivered.Span];
        if (Problem(request with { Committed = completion }) is { } problem)
        {
            throw problem;
        }

        var row = new ReplayRow(request, completion, () => _parts.Tokenizer.Follow(request), at, _parts.Runtime, _shared);
        return await RunAsync(row, row.Result, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for running requests, then frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync().ConfigureAwait(false);
        _parts.Dispose();
    }

    private async Task<T> RunAsync<T>(EngineRow row, Task<T> result, CancellationToken cancellationToken)
    {
        _engine.Submit(row);
        try
        {
            return await result.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _engine.Cancel(row);
            await row.Left.ConfigureAwait(false);
        }
    }

    /// <summary>Puts text and stop conditions where they stood after the committed tokens.</summary>
    private CompletionProgress Replayed(GenerationRequest request)
    {
        CompletionProgress progress = _parts.Tokenizer.Follow(request);
        foreach (int token in request.Committed.ToArray())
        {
            progress.Accept(progress.Finish is null && !progress.Ends(token) ? token : throw InferenceException.Invalid(
                $"the committed tokens go on after the completion's end: it ends after {progress.Count} of {request.Committed.Length}"));
        }

        return progress;
    }
}

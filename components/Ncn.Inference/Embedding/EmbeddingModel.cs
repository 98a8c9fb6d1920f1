using System.Numerics;
using System.Text;
using Ncn.Inference.Repository;
using Ncn.Inference.Tensors;
using Ncn.Protocol;

namespace Ncn.Inference.Embedding;

/// <summary>A model that turns texts into vectors: the tokenizer of its folder, one ONNX model, pooling.</summary>
/// <remarks>
/// A text is filled up to a length that depends on its own length alone, and shares runs with texts of that length only. So neither its
/// tokens nor its padding depend on its neighbours.
/// </remarks>
public sealed class EmbeddingModel : IAsyncDisposable
{
    /// <summary>Changes whenever the same files and rules could give another vector.</summary>
    private const string Version = "ncn-embedding/1";

    private readonly TensorModel _model;
    private readonly EmbeddingTokenizer _tokenizer;
    private readonly EmbeddingTensors _tensors;
    private readonly ModelManifest _manifest;
    private readonly ModelEmbedding _how;
    private readonly long _maxOutputBytes;

    /// <summary>Loads the model in the folder.</summary>
    /// <param name="folder">With <c>genai_config.json</c> and the tokenizer's files.</param>
    /// <param name="file">The ONNX model.</param>
    /// <param name="manifest">Of kind "embedding".</param>
    /// <param name="options">How it is run.</param>
    /// <exception cref="InvalidDataException">A file cannot be used, or the model's tensors are none of an embedding model.</exception>
    public EmbeddingModel(string folder, string file, ModelManifest manifest, InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(options);
        _manifest = manifest;
        _how = manifest.Embedding ?? throw new InvalidDataException("an embedding model needs \"embedding\" in its manifest");
        _maxOutputBytes = options.MaxOutputMegabytes * (1L << 20);
        _tokenizer = new EmbeddingTokenizer(folder);
        TensorModel? model = null;
        try
        {
            model = new TensorModel(file, manifest.Name, manifest.Limits with { MaxInputBytes = int.MaxValue }, manifest.Batching, options);
            _tensors = new EmbeddingTensors(model.Signature, _how.Pooling == ModelEmbedding.None, _how.Width);
            _model = model;
        }
        catch
        {
            _tokenizer.Dispose();
            model?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }
    }

    /// <summary>Numbers in a vector.</summary>
    public int Width => _how.Width;

    /// <summary>Most tokens of one text.</summary>
    public int ContextTokens => Math.Min(_manifest.Limits.ContextTokens, _tensors.FixedLength ?? int.MaxValue);

    /// <summary>How busy the model is.</summary>
    public TensorLoad Load => _model.Load;

    /// <summary>What a run's answer looks like.</summary>
    public IReadOnlyList<TensorSpec> Outputs => EmbeddingAnswer.Specs(Width);

    /// <summary>What a vector depends on besides the files, for the model's digest: "ncn-embedding/1 mean normalized 384".</summary>
    public static string RulesOf(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return manifest.Embedding is { } how ? $"{Version} {how.Pooling} {(how.Normalize ? "normalized" : "plain")} {how.Width}" : Version;
    }

    /// <summary>Tokenizes texts and checks them against the model's limits.</summary>
    /// <param name="texts">At least one.</param>
    /// <param name="dimensions">Numbers to keep of each vector; 0 for all.</param>
    /// <exception cref="InferenceException">The texts do not fit; the message says which and why.</exception>
    public EmbeddingInput Prepare(IReadOnlyList<string> texts, int dimensions)
    {
        ArgumentNullException.ThrowIfNull(texts);
        CheckCount(texts.Count);
        long bytes = texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text));
        if (bytes > _manifest.Limits.MaxInputBytes)
        {
            throw InferenceException.Invalid($"the texts have {bytes} bytes, and this model takes at most {_manifest.Limits.MaxInputBytes} in one request");
        }

        return new EmbeddingInput([.. texts.Select(text => Checked(_tokenizer.Encode(text)))], CheckedDimensions(dimensions));
    }

    /// <summary>The same for texts that the caller has tokenised.</summary>
    /// <param name="texts">The token ids of each text.</param>
    /// <exception cref="InferenceException">The tokens do not fit; the message says which and why.</exception>
    public EmbeddingInput Prepare(IReadOnlyList<int[]> texts, int dimensions)
    {
        ArgumentNullException.ThrowIfNull(texts);
        CheckCount(texts.Count);
        if (_tokenizer.Vocabulary == 0)
        {
            throw InferenceException.Invalid("this model takes texts alone: its genai_config.json does not say how many token ids it has");
        }

        return texts.Any(text => text.AsSpan().ContainsAnyExceptInRange(0, _tokenizer.Vocabulary - 1))
            ? throw InferenceException.Invalid($"token ids must lie between 0 and {_tokenizer.Vocabulary - 1}")
            : new EmbeddingInput([.. texts.Select(Checked)], CheckedDimensions(dimensions));
    }

    /// <summary>The vectors of prepared texts.</summary>
    /// <exception cref="InferenceException">Too many requests wait, or the model failed.</exception>
    public async Task<EmbeddingAnswer> RunAsync(EmbeddingInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        int kept = input.Dimensions == 0 ? Width : input.Dimensions;
        var vectors = new float[input.Tokens.Count * kept];
        IEnumerable<Task> runs = Enumerable.Range(0, input.Tokens.Count)
            .GroupBy(text => PaddedLength(input.Tokens[text].Length))
            .SelectMany(texts => texts.Chunk(RowsInOneRun(texts.Key)).Select(rows => RunAsync(input, rows, texts.Key, vectors, cancellationToken)));
        foreach (Task[] started in runs.Chunk(_model.Load.Lanes)) // no more at once than can run, so that one request does not fill the queue
        {
            await Task.WhenAll(started).ConfigureAwait(false);
        }

        return new EmbeddingAnswer(vectors, kept, [.. input.Tokens.Select(tokens => tokens.Length)]);
    }

    /// <summary>Waits for running requests, then frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await _model.DisposeAsync().ConfigureAwait(false);
        _tokenizer.Dispose();
    }

    private async Task RunAsync(EmbeddingInput input, int[] texts, int length, float[] vectors, CancellationToken cancellationToken)
    {
        IReadOnlyList<TensorValue> tensors = _tensors.Inputs([.. texts.Select(text => input.Tokens[text])], length, _tokenizer.PaddingToken);
        using TensorAnswer answer = await _model.RunAsync(tensors, [_tensors.Output], cancellationToken).ConfigureAwait(false);
        CheckShape(answer[0], texts.Length, length);
        int kept = vectors.Length / input.Tokens.Count;
        for (int row = 0; row < texts.Length; row++)
        {
            VectorPooling.Pool(answer[0], row, input.Tokens[texts[row]].Length, _how, vectors.AsSpan(texts[row] * kept, kept));
        }
    }

    private void CheckShape(TensorValue output, int rows, int length)
    {
        long[] wanted = _how.Pooling == ModelEmbedding.None ? [rows, Width] : [rows, length, Width];
        if (!output.Shape.SequenceEqual(wanted))
        {
            throw new InferenceException(
                InferenceFault.ModelFailed, $"The model's output '{output.Name}' has the shape [{string.Join(',', output.Shape)}], and its manifest promises [{string.Join(',', wanted)}].");
        }
    }

    private void CheckCount(int texts)
    {
        if (texts == 0 || texts > _manifest.Limits.MaxBatch)
        {
            throw InferenceException.Invalid($"the request has {texts} texts, and this model takes 1 to {_manifest.Limits.MaxBatch} in one request");
        }
    }

    private int CheckedDimensions(int dimensions) => dimensions >= 0 && dimensions <= Width
        ? dimensions
        : throw InferenceException.Invalid($"dimensions is {dimensions}, and the model's vectors have {Width} numbers; 0 means all");

    private int[] Checked(int[] tokens)
    {
        if (tokens.Length == 0)
        {
            throw InferenceException.Invalid("a text is empty");
        }

        return tokens.Length <= ContextTokens ? tokens : throw new InferenceException(
            InferenceFault.ContextTooLong, $"A text has {tokens.Length} tokens, and this model reads {ContextTokens}. Split it.");
    }

    /// <summary>Steps of 16 tokens, from 512 on of a sixteenth of the next power of two; without a mask none, for the model would read the padding.</summary>
    private int PaddedLength(int tokens)
    {
        int step = Math.Max(16, (int)BitOperations.RoundUpToPowerOf2((uint)tokens) / 16);
        return _tensors.FixedLength ?? (_tensors.HasMask ? Math.Min((tokens + step - 1) / step * step, ContextTokens) : tokens);
    }

    private int RowsInOneRun(int length) =>
        (int)Math.Clamp(_maxOutputBytes / ((long)sizeof(float) * Width * (_how.Pooling == ModelEmbedding.None ? 1 : length)), 1, _manifest.Limits.MaxBatch);
}

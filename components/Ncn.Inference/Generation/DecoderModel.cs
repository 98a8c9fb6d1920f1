using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.ML.OnnxRuntimeGenAI;
using Ncn.Inference.Repository;
using Ncn.Inference.Scheduling;

namespace Ncn.Inference.Generation;

/// <summary>A text model in the layout of ONNX Runtime GenAI: weights, tokenizer, chat template.</summary>
public sealed class DecoderModel : IAsyncDisposable
{
    /// <summary>How far generation may run ahead of a slow reader, in tokens.</summary>
    private const int ReadAhead = 64;

    private readonly Model _model;
    private readonly TokenizerSession _tokenizer;
    private readonly DecoderConfig _config;

    /// <summary>Loads the model in the folder.</summary>
    /// <exception cref="InvalidDataException">The configuration or a file cannot be used; the message says which.</exception>
    public DecoderModel(string folder, ModelLimits limits, InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(options);
        _config = DecoderConfig.Read(folder);
        ContextTokens = Math.Min(_config.ContextTokens, limits.ContextTokens);
        Slots = new RequestSlots(options.Slots, options.MaxWaiting);
        try
        {
            _model = Open(folder, options);
            _tokenizer = new TokenizerSession(_model, folder, _config.Vocabulary);
        }
        catch (OnnxRuntimeGenAIException exception)
        {
            _model?.Dispose();
            throw new InvalidDataException($"ONNX Runtime GenAI cannot load the model: {exception.Message}", exception);
        }
        catch (InvalidDataException)
        {
            _model?.Dispose();
            throw;
        }
    }

    /// <summary>Prompt and completion together, in tokens.</summary>
    public int ContextTokens { get; }

    /// <summary>Slots and waiting requests.</summary>
    public RequestSlots Slots { get; }

    /// <summary>Token ids of a text, without any template.</summary>
    public int[] Encode(string text) => _tokenizer.Encode(text);

    /// <summary>Token ids of a conversation, through the model's own chat template, ready for the answer.</summary>
    public int[] EncodeChat(IReadOnlyList<ChatMessage> messages) => EncodeChat(ChatPrompt.Of(messages));

    /// <summary>As above, for messages with more than a text, and tools.</summary>
    /// <exception cref="InferenceException">The template does not take them.</exception>
    public int[] EncodeChat(ChatPrompt prompt) => _tokenizer.Encode(_tokenizer.ApplyTemplate(prompt));

    /// <summary>A token's bytes, which need not be whole characters; a special token's name.</summary>
    public ReadOnlyMemory<byte> BytesOf(int token) => _tokenizer.Vocabulary.Bytes(token);

    /// <summary>The text of token ids; special tokens have none.</summary>
    public string Decode(ReadOnlyMemory<int> tokens) => _tokenizer.Decode(tokens);

    /// <summary>Why this model cannot run a request; null when it can.</summary>
    public InferenceException? Problem(GenerationRequest request) => 
        request.Problem(ContextTokens, _config.Vocabulary) ?? (request.JsonSchema is { } schema ? _tokenizer.Constraints.Problem(schema) : null);

    /// <summary>Generates a completion. The caller reads tokens as they come; giving up reading stops the work at the next token.</summary>
    /// <exception cref="InferenceException">The request does not fit, all slots are taken, or the model failed.</exception>
    public async IAsyncEnumerable<GenerationEvent> GenerateAsync(
        GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Problem(request) is { } problem)
        {
            throw problem;
        }

        using IDisposable slot = await Slots.EnterAsync(cancellationToken).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var events = Channel.CreateBounded<GenerationEvent>(ReadAhead);
        Task work = Task.Run(() => ProduceAsync(request, events.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (GenerationEvent next in events.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return next;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(false);
        }
    }

    /// <summary>Reads a completion that is there already and says what the model thinks of it, without generating anything.</summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="completion">Token ids that follow the prompt.</param>
    /// <param name="at">The positions of the completion, from 0, that are wanted.</param>
    /// <returns>The wanted positions, rising.</returns>
    /// <exception cref="InferenceException">The tokens do not fit the model, all slots are taken, or the model failed.</exception>
    public async Task<IReadOnlyList<ScoredPosition>> ScoreAsync(
        ReadOnlyMemory<int> prompt, ReadOnlyMemory<int> completion, Predicate<int> at, CancellationToken cancellationToken)
    {
        if (Problem(new GenerationRequest { Prompt = prompt, Committed = completion, MaxTokens = Math.Max(1, completion.Length) }) is { } problem)
        {
            throw problem;
        }

        using IDisposable slot = await Slots.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(
                () =>
                {
                    using var session = new DecoderSession(_model, prompt.Length + Math.Max(1, completion.Length));
                    return session.Score(prompt, completion, at, cancellationToken);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (OnnxRuntimeGenAIException exception)
        {
            throw new InferenceException(InferenceFault.ModelFailed, "The model failed while it read.", exception);
        }
    }

    /// <summary>Waits for running requests, then frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await Slots.CloseAsync().ConfigureAwait(false);
        _tokenizer.Dispose();
        _model.Dispose();
    }

    /// <summary>Ends the channel with whatever ended the work, so that the reader gets it; never throws itself.</summary>
    private async Task ProduceAsync(GenerationRequest request, ChannelWriter<GenerationEvent> events, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            using var session = new DecoderSession(_model, request.Prompt.Length + request.MaxTokens);
            var progress = _tokenizer.Follow(request);
            foreach (GenerationEvent next in session.Run(request, progress, cancellationToken))
            {
                await events.WriteAsync(next, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is OnnxRuntimeGenAIException or ArgumentException)
        {
            failure = new InferenceException(InferenceFault.ModelFailed, "The model failed while it generated.", exception);
        }
        catch (Exception exception) when (exception is OperationCanceledException or InferenceException)
        {
            failure = exception;
        }
        finally
        {
            events.TryComplete(failure);
        }
    }

    private static Model Open(string folder, InferenceOptions options)
    {
        using var config = new Config(folder);
        if (options.ExecutionProvider == InferenceOptions.Cuda)
        {
            config.ClearProviders();
            config.AppendProvider("cuda");
            config.SetProviderOption("cuda", "device_id", options.Device.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        return new Model(config);
    }
}

using System.Collections.Concurrent;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Tests.Models;

namespace Ncn.Inference.Tests.Batching;

/// <summary>Decoders with as many slots as a test wants, and what their answers are made of.</summary>
internal static class EngineModels
{
    public static string TinyChat => Path.Combine(ShippedModels.Root, "tiny-chat", "1");

    public static DecoderModel Load(string folder, int slots, int maxWaiting = 256, Func<DecoderParts, DecoderParts>? change = null)
    {
        DecoderParts parts = DecoderParts.Load(folder, Manifest(folder, slots, maxWaiting), new InferenceOptions());
        return new DecoderModel(change?.Invoke(parts) ?? parts, "test");
    }

    public static ModelManifest Manifest(string folder, int slots, int maxWaiting = 256) =>
        ModelManifest.Read(folder) with { Batching = new ModelBatching { Slots = slots, MaxQueued = maxWaiting } };

    /// <summary>A decoder with random weights whose answers vary; written below <paramref name="root"/>.</summary>
    public static string Written(string root) => DecoderFolder.Write(root, DecoderShape.Tiny);

    public static async Task<int[]> Tokens(this DecoderModel model, GenerationRequest request)
    {
        var tokens = new List<int>();
        await foreach (GenerationEvent next in model.GenerateAsync(request, CancellationToken.None))
        {
            if (next is GenerationEvent.Token token)
            {
                tokens.Add(token.TokenId);
            }
        }

        return [.. tokens];
    }

    /// <summary>Requests of all kinds: lengths on both sides of a chunk, shared beginnings, all sampling options, seeds, committed tokens.</summary>
    public static GenerationRequest[] Mixed(int count, int plainTokens, int context, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => Request(random, i, plainTokens, context))];
    }

    private static GenerationRequest Request(Random random, int i, int plainTokens, int context)
    {
        int length = Math.Min(context / 2, 1 + (random.Next(4) == 0 ? random.Next(200) : random.Next(80)));
        int shared = random.Next(3); // a third of the requests begin alike
        int[] prompt = [.. Enumerable.Range(0, length).Select(at => shared == 0 && at < 70 ? (at * 7) % plainTokens : random.Next(plainTokens))];
        var sampling = new SamplingOptions(random.Next(3) * 0.6, random.Next(3) * 20, random.Next(2) == 0 ? 1 : 0.9, (ulong)random.NextInt64())
        {
            MinP = random.Next(4) == 0 ? 0.02 : 0,
            RepetitionPenalty = random.Next(4) == 0 ? 1.2 : 1,
            PresencePenalty = random.Next(4) == 0 ? 0.5 : 0,
            FrequencyPenalty = random.Next(4) == 0 ? 0.3 : 0,
        };
        return new GenerationRequest
        {
            Prompt = prompt, MaxTokens = Math.Min(context - length, 8 + random.Next(30)), Sampling = sampling, Priority = i % 9 == 0 ? 1 : 0,
        };
    }
}

/// <summary>The bits of the logits of each request and position, as a hash.</summary>
internal sealed class LogitBits
{
    private readonly ConcurrentDictionary<(GenerationRequest, int), long> _bits = new();

    /// <summary>Positions whose logits came with other bits than before.</summary>
    public ConcurrentBag<(GenerationRequest Request, int Position)> Differing { get; } = [];

    public int Count => _bits.Count;

    public void See(GenerationRequest request, int position, ReadOnlySpan<float> logits)
    {
        var hash = default(HashCode);
        hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(logits));
        long seen = hash.ToHashCode();
        if (_bits.GetOrAdd((request, position), seen) != seen)
        {
            Differing.Add((request, position));
        }
    }
}

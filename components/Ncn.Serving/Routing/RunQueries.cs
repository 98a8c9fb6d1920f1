using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Ncn.Coordination.Dispatch;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Routing;

/// <summary>Turns a run's plan into what the dispatcher is asked.</summary>
internal static class RunQueries
{
    // Prompts that begin alike in so many characters are worth the same node's cache.
    private static readonly int[] Blocks = [256, 1024, 4096];

    internal static DispatchQuery Of(RunPlan plan, TokenAmount nodeCeiling) => new(
        [plan.Model, .. plan.Fallbacks], plan.Limit.PromptTokens, plan.Limit.CompletionTokens, plan.Limit.Rows, nodeCeiling,
        (ulong)plan.Deadline.ToUnixTimeMilliseconds())
    {
        Node = plan.Node,
        Preferences = plan.Preferences,
        MayHedge = plan.Input.KindCase != Input.KindOneofCase.Sealed,
        Prefixes = Prefixes(plan.Input),
    };

    /// <summary>Hashes of the prompt's beginnings, the longest first; none of a short prompt, and of what is no text.</summary>
    internal static ImmutableArray<ulong> Prefixes(Input input)
    {
        var text = input.KindCase != Input.KindOneofCase.Generate ? string.Empty
            : input.Generate.MessagesJson.Length > 0 ? input.Generate.MessagesJson : input.Generate.Prompt;
        if (text.Length < Blocks[0])
        {
            return [];
        }

        var words = MemoryMarshal.Cast<char, ulong>(text.AsSpan());
        var prefixes = ImmutableArray.CreateBuilder<ulong>(Blocks.Length);
        var (hash, done) = (0xCBF2_9CE4_8422_2325ul, 0);
        foreach (var block in Blocks)
        {
            if (text.Length < block)
            {
                break;
            }

            (hash, done) = (Mix(hash, words[done..(block / 4)]), block / 4);
            prefixes.Add(hash);
        }

        prefixes.Reverse();
        return prefixes.DrainToImmutable();
    }

    // FNV-1a over four characters at a time; a collision costs a cold cache, nothing else.
    private static ulong Mix(ulong hash, ReadOnlySpan<ulong> words)
    {
        foreach (var word in words)
        {
            hash = unchecked((hash ^ word ^ (word >> 32)) * 0x100_0000_01B3);
        }

        return hash;
    }
}

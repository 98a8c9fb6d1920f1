using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Verification;

namespace Ncn.Validator.OnChain;

/// <summary>A state of the verification with the newest statements before it.</summary>
internal sealed record WorkState(VerificationState State, ImmutableList<(ulong Number, Hash32 Root, VerificationState Stated)> Statements);

/// <summary>The states after the last blocks and at the last epochs' ends, for validators that went on from a snapshot of the ledger there. They share what did not change.</summary>
internal sealed class PastStates
{
    private const int MostBlocks = 512; // as many as there are final blocks for others
    private const int MostEnds = 8;
    private readonly Dictionary<Hash32, WorkState> _states = [];
    private readonly Queue<Hash32> _blocks = new();
    private readonly Queue<Hash32> _ends = new();

    internal WorkState? Find(Hash32 block) => _states.GetValueOrDefault(block);

    internal void Add(Hash32 block, BlockKind kind, WorkState state)
    {
        if (!_states.TryAdd(block, state))
        {
            return;
        }

        var (queue, most) = kind == BlockKind.EpochEnd ? (_ends, MostEnds) : (_blocks, MostBlocks);
        queue.Enqueue(block);
        if (queue.Count > most)
        {
            _states.Remove(queue.Dequeue());
        }
    }
}

using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>What the engine tells on its own thread: whoever listens returns at once.</summary>
internal interface IEngineEvents
{
    /// <summary>A block is final. After a restart, blocks since the last state on disk are told again.</summary>
    /// <param name="ledger">After the block.</param>
    void Delivered(Block block, EpochSettings epoch, LedgerState ledger);

    /// <summary>The ledger goes on from a snapshot; blocks between are not told.</summary>
    void Restored(Block block, LedgerState ledger);

    /// <summary>What belongs to the ledger's present state and is to be kept with it; the returned function may run later, on another thread.</summary>
    Func<byte[]> Keep();

    /// <summary>Another epoch begins, with other members perhaps.</summary>
    void EpochOpened(EpochSettings epoch);

    /// <summary>A checkpoint that the chain will accept.</summary>
    void CheckpointReady(Checkpoint checkpoint, ImmutableSortedDictionary<int, Signature> signatures);

    /// <summary>Somebody can be slashed.</summary>
    /// <param name="key">Whose signatures they are.</param>
    void Accused(Evidence evidence, Address key);

    /// <summary>Nothing is signed any more (rules V11, C3).</summary>
    void Halted(string reason);

    /// <summary>The engine has stopped for good.</summary>
    void Failed(Exception failure);
}

using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>What follows from the delivered blocks and stands in no root of the ledger: after the same block it is the same at all honest validators.</summary>
/// <remarks>The engine's thread alone uses it, but for what is said to run elsewhere.</remarks>
internal interface IKeptState
{
    /// <summary>The block after which it is lacking here, because blocks were left out; null while it is known.</summary>
    Hash32? Lacks { get; }

    /// <summary>What there was after a block: its digest, and bytes that it can be taken over from. Null when it is not known, or no longer. The function may run elsewhere.</summary>
    Func<(Hash32 Digest, byte[] Content)>? After(Hash32 block);

    /// <summary>On any thread: null unless these bytes are of this digest. What is returned takes them over, on the engine's thread.</summary>
    Action? Check(Hash32 block, Hash32 digest, byte[] content);
}

/// <summary>A validator that keeps nothing beside the ledger.</summary>
internal sealed class NothingKept : IKeptState
{
    internal static NothingKept Instance { get; } = new();

    public Hash32? Lacks => null;

    public Func<(Hash32 Digest, byte[] Content)>? After(Hash32 block) => null;

    public Action? Check(Hash32 block, Hash32 digest, byte[] content) => null;
}

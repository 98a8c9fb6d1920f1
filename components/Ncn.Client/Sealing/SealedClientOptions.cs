using Ncn.Protocol;

namespace Ncn.Client.Sealing;

/// <summary>What a client that seals its requests goes by.</summary>
/// <param name="Network">The EIP-712 domain of the network's messages.</param>
/// <param name="Trusts">
/// Whether a node's operator may read the request. A gateway can list nodes of its own, correctly signed; only this decides. Examples:
/// a set of known addresses, or <see cref="StakedOperators"/>.
/// </param>
public sealed record SealedClientOptions(Eip712Domain Network, Func<NodeRecord, CancellationToken, ValueTask<bool>> Trusts)
{
    /// <summary>Nodes that one request may be sealed for, one after the other: 1 to 16, default 4.</summary>
    public int MaxNodes { get; init; } = 4;

    /// <summary>Most new tokens of a chat that names no limit: default 256.</summary>
    public uint DefaultMaxTokens { get; init; } = 256;

    /// <summary>Tells the node when the request was sealed.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

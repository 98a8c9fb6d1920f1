using System.Buffers.Binary;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Chain.Transactions;

/// <summary>What a transaction does, before it has a nonce, fees and a signature.</summary>
/// <param name="To">The contract, or who gets the coin.</param>
/// <param name="Data">Call data; empty for a plain transfer.</param>
/// <param name="What">The call in words, for errors and logs; no secrets.</param>
/// <param name="Wei">How much of the chain's own coin goes along.</param>
public sealed record TransactionCall(Address To, HexBytes Data, string What, UInt128 Wei = default)
{
    /// <summary>Most bytes of call data: what nodes take into their pools, less the envelope.</summary>
    public const int MaxDataBytes = 120 * 1024;

    /// <summary>keccak-256 of target, coin and data: tells whether two calls do the same.</summary>
    internal Hash32 Digest()
    {
        var bytes = new byte[Address.Size + 16 + Data.Length];
        To.CopyTo(bytes);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(Address.Size), Wei);
        Data.Span.CopyTo(bytes.AsSpan(Address.Size + 16));
        return new Hash32(Keccak256.Hash(bytes));
    }
}

/// <summary>What a transaction bids for its place in a block (EIP-1559), wei per unit of gas.</summary>
/// <param name="MaxFeePerGas">Most that is paid in all.</param>
/// <param name="MaxPriorityFeePerGas">The part of it that the block's maker gets.</param>
public readonly record struct FeeBid(UInt128 MaxFeePerGas, UInt128 MaxPriorityFeePerGas);

/// <summary>A signed transaction, ready to leave.</summary>
public sealed record SignedTransaction(ulong Nonce, Hash32 Hash, HexBytes Raw, FeeBid Fees);

/// <summary>Where the chain has a transaction.</summary>
public sealed record Inclusion(Hash32 Transaction, ulong BlockNumber, Hash32 BlockHash, bool Succeeded);

using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Chain.Tests.Transactions;

/// <summary>Records and sights with as little in them as a test needs.</summary>
internal static class Ledgers
{
    internal static readonly LedgerPolicy Policy = new(Confirmations: 2, ResendAfter: 10, BumpAfter: 30, MaxFeePerGas: 1_000);

    internal static TransactionCall Call(string purpose) => new(Address.Zero, new HexBytes(System.Text.Encoding.ASCII.GetBytes(purpose)), purpose);

    internal static Hash32 Hash(ulong nonce, int attempt) => new(Keccak256.Hash([(byte)nonce, (byte)attempt]));

    internal static SignedTransaction Transaction(ulong nonce, int attempt = 1, ulong fee = 100) =>
        new(nonce, Hash(nonce, attempt), new HexBytes([(byte)nonce, (byte)attempt]), new FeeBid(fee, 1));

    internal static TransactionRecord.Signed Signed(string purpose, ulong nonce) => new(new(purpose), Call(purpose), 21_000, Transaction(nonce));

    internal static LedgerInput.Sign Sign(string purpose, ulong nonce) => new(new(purpose), Call(purpose), 21_000, Transaction(nonce));

    internal static Inclusion In(ulong block, ulong nonce, int attempt = 1, byte fork = 0) =>
        new(Hash(nonce, attempt), block, new Hash32(Keccak256.Hash([(byte)block, fork])), true);

    internal static TransactionRecord.Final Final(string purpose, ulong nonce) => new(new(purpose), Call(purpose).Digest(), nonce, In(5, nonce));

    internal static LedgerInput.Look Look(ulong head, ulong mined, long at, params Inclusion[] inclusions) =>
        new(new ChainSight(head, mined, mined, [.. inclusions]), at, Policy);
}

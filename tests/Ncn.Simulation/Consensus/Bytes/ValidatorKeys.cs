using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Consensus;

/// <summary>The validators' keys. Where messages are objects nobody signs, and a key is a name; where they are bytes, keys sign.</summary>
internal sealed class ValidatorKeys
{
    private const int FirstName = 1_000;
    private const int NamesOfGeneration = 200;
    private readonly Hash32? _network;
    private const int MostValidators = 16;
    private readonly Dictionary<(int Number, int Generation), Signer> _byNumber = [];
    private readonly Dictionary<Address, Signer> _byAddress = [];
    private readonly HashSet<(Address Key, Hash32 Digest)> _signed = [];

    private ValidatorKeys(Hash32? network)
    {
        _network = network;
        Votes = Eip712Domain.Consensus(1, Names.Operator, network ?? default);
        Operations = Eip712Domain.Network(1, Names.Operator);
        // As names do, addresses ascend with the validators' numbers: so a set's first members are the first validators.
        foreach (var (signer, number) in Enumerable.Range(0, AreSigning ? MostValidators : 0).Select(static number => New(number, 0)).OrderBy(static signer => signer.Address).Select(static (signer, number) => (signer, number)))
        {
            (_byNumber[(number, 0)], _byAddress[signer.Address]) = (signer, signer);
        }
    }

    internal static ValidatorKeys Named { get; } = new(null);

    /// <summary>Domain of votes and checkpoints.</summary>
    internal Eip712Domain Votes { get; }

    /// <summary>Domain of operations.</summary>
    internal Eip712Domain Operations { get; }

    internal bool AreSigning => _network is not null;

    internal static ValidatorKeys Signing(Hash32 network) => new(network);

    /// <summary>A validator's consensus key, a new one after each time that its disk was lost.</summary>
    internal Address Of(int number, int generation)
    {
        if (!AreSigning)
        {
            return Names.Node(FirstName + number + (NamesOfGeneration * generation));
        }

        if (!_byNumber.TryGetValue((number, generation), out var signer))
        {
            _byNumber[(number, generation)] = signer = New(number, generation);
            _byAddress[signer.Address] = signer;
        }

        return signer.Address;
    }

    /// <summary>By a vote's or a checkpoint's signer.</summary>
    internal Signature Sign<T>(Address key, T message)
        where T : ITypedData => Sign(key, Votes.Digest(message));

    /// <summary>By the operation's author; an observation has no signature.</summary>
    internal SignedOperation Sign(Operation operation) => SignedOperation.Trust(
        operation, operation.IsObservation ? default : Sign(operation.Author, Operations.Digest(SignedOperation.Message(operation))));

    /// <summary>Whether the key has signed this.</summary>
    internal bool HasSigned(Address key, Hash32 digest) => _signed.Contains((key, digest));

    private static Signer New(int number, int generation) => new(Keccak256.Of(new CanonicalWriter().Word(Names.Content(Mix.Of((ulong)number, (ulong)generation))).Written).ToArray());

    private Signature Sign(Address key, Hash32 digest)
    {
        if (!AreSigning)
        {
            return default;
        }

        _signed.Add((key, digest));
        return _byAddress[key].SignDigest(digest);
    }
}

using System.Collections.Immutable;
using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Consensus.Http;

/// <summary>How a validator reaches the others. Nothing here waits for a peer: what cannot be sent in time is dropped, and the protocol sends it again.</summary>
public interface IValidatorLink
{
    /// <summary>The peers that there is a connection with now.</summary>
    ImmutableArray<Address> Connected { get; }

    /// <summary>Puts a message into one peer's queue; <see cref="Flush"/> sends it.</summary>
    void Send(Address to, WireMessage message);

    /// <summary>Puts a message into the queues of all peers that are listed; it is written into bytes once.</summary>
    void SendAll(WireMessage message);

    /// <summary>Sends all that waits, each peer's in one write. Called at the end of a batch of steps.</summary>
    void Flush();
}

/// <summary>Somebody to be connected with.</summary>
/// <param name="Key">Its consensus key: a member of the set, or one that will be.</param>
/// <param name="Url">Where it listens; null for one that is only waited for.</param>
public sealed record LinkPeer(Address Key, Uri? Url);

/// <summary>
/// Takes a message of a peer, in the peer's order, on the thread that read it; other peers' come at the same time. Signatures in it are not
/// checked. False when the peer lied (a signature that is none): it is cut off for a while.
/// </summary>
public delegate bool LinkReceiver(Address from, WireMessage message);

/// <summary>The own end.</summary>
/// <param name="Key">The own consensus key.</param>
/// <param name="Sign">Signs a proof with it, on any thread.</param>
/// <param name="Domain"><see cref="Eip712Domain.Network"/>, which proofs are signed under.</param>
/// <param name="Network">Salt of the vote domain: which network's frames are read.</param>
public sealed record LinkIdentity(Address Key, Func<LinkProof, Signature> Sign, Eip712Domain Domain, Hash32 Network);

using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>What can happen to a peer. Time comes in as unix milliseconds; signatures have been checked.</summary>
public abstract record DiscoveryInput(ulong Now)
{
    /// <summary>Enter the network through these peers: at the start, after a restart (with the remembered ones), or when new ones are known.</summary>
    /// <param name="Through">At most <see cref="DiscoveryLimits.MaxBootstrap"/> are kept and tried again while nobody else is known.</param>
    public sealed record Join(ulong Now, ImmutableArray<Contact> Through) : DiscoveryInput(Now);

    /// <summary>Look for adverts; ends with exactly one <see cref="DiscoveryOutput.Found"/>.</summary>
    /// <param name="LookupId">The shell's own number, given back.</param>
    /// <param name="Enough">End when so many adverts are known; 0 asks every peer that should have one.</param>
    public sealed record FindAdverts(ulong Now, ulong LookupId, DiscoveryKey Key, int Enough) : DiscoveryInput(Now);

    /// <summary>Look for the peers nearest to a place; ends with exactly one <see cref="DiscoveryOutput.Found"/>.</summary>
    public sealed record FindPeers(ulong Now, ulong LookupId, Hash32 Target) : DiscoveryInput(Now);

    /// <summary>
    /// Advertise: it is stored under each of its keys now and again every <see cref="DiscoveryLimits.RepublishMilliseconds"/> until it
    /// expires or one of the same name with a higher sequence takes its place. Each key ends with a <see cref="DiscoveryOutput.Published"/>.
    /// </summary>
    public sealed record Publish(ulong Now, VerifiedAdvert Advert) : DiscoveryInput(Now);

    /// <summary>Stop advertising it: holders forget it when it expires.</summary>
    public sealed record Withdraw(ulong Now, AdvertName Name) : DiscoveryInput(Now);

    /// <summary>A peer, or a client that takes no requests itself, asks; answered by <see cref="DiscoveryOutput.Answer"/> in the same step.</summary>
    /// <param name="From">The authenticated sender; null for a client.</param>
    /// <param name="RequestId">The shell's own number, given back.</param>
    public sealed record Request(ulong Now, Contact? From, ulong RequestId, DiscoveryRequest Body) : DiscoveryInput(Now);

    /// <summary>A request that was sent is answered.</summary>
    /// <param name="Peer">The authenticated answerer with its newest record and the block of its pinned address.</param>
    public sealed record Answered(ulong Now, ulong RpcId, Contact Peer, DiscoveryAnswer Body) : DiscoveryInput(Now);

    /// <summary>A request that was sent has no answer: refused, timed out, not authentic, malformed. The core gives up by itself at the deadline.</summary>
    public sealed record Failed(ulong Now, ulong RpcId) : DiscoveryInput(Now);

    /// <summary>What operators have staked, whole; decides who is admitted when a key is full.</summary>
    public sealed record SetStakes(ulong Now, ImmutableSortedDictionary<Address, TokenAmount> Stakes) : DiscoveryInput(Now);

    /// <summary>Go: adverts are handed over, neighbours told, and <see cref="DiscoveryOutput.Gone"/> ends it. Lookups end with what they have.</summary>
    public sealed record Leave(ulong Now) : DiscoveryInput(Now);

    /// <summary>The time of the last <see cref="DiscoveryOutput.Wake"/> has come. One too many does no harm.</summary>
    public sealed record Tick(ulong Now) : DiscoveryInput(Now);
}

/// <summary>What the shell is to do after a step.</summary>
public abstract record DiscoveryOutput
{
    private DiscoveryOutput()
    {
    }

    /// <summary>Ask a peer; exactly one <see cref="DiscoveryInput.Answered"/> or <see cref="DiscoveryInput.Failed"/> is to follow.</summary>
    /// <param name="Deadline">Unix milliseconds; from then on the answer counts for nothing.</param>
    public sealed record Send(ulong RpcId, Contact Peer, DiscoveryRequest Body, ulong Deadline) : DiscoveryOutput;

    /// <summary>Answer the request with this number.</summary>
    public sealed record Answer(ulong RequestId, DiscoveryAnswer Body) : DiscoveryOutput;

    /// <summary>A lookup has ended.</summary>
    /// <param name="Adverts">Newest of each name, best admitted first.</param>
    /// <param name="Closest">The peers nearest to the key that answered, nearest first.</param>
    public sealed record Found(
        ulong LookupId, ImmutableArray<VerifiedAdvert> Adverts, ImmutableArray<Contact> Closest, LookupEffort Effort) : DiscoveryOutput;

    /// <summary>The own adverts of a key were offered to the peers nearest to it.</summary>
    /// <param name="Holders">Who keeps them, this peer included.</param>
    /// <param name="Refused">Who said no to at least one of them.</param>
    /// <param name="Silent">Who did not answer.</param>
    public sealed record Published(DiscoveryKey Key, int Holders, int Refused, int Silent) : DiscoveryOutput;

    /// <summary>An advert of <see cref="DiscoveryInput.Publish"/> was not taken: nobody would keep it.</summary>
    public sealed record Rejected(AdvertName Name, StoreOutcome Reason) : DiscoveryOutput;

    /// <summary>Come back with a <see cref="DiscoveryInput.Tick"/> at this time (unix milliseconds); it replaces the one before.</summary>
    public sealed record Wake(ulong At) : DiscoveryOutput;

    /// <summary>Leaving is done: nothing more will be sent.</summary>
    public sealed record Gone : DiscoveryOutput
    {
        /// <summary>The only one.</summary>
        public static Gone Instance { get; } = new();
    }
}

/// <summary>What a lookup cost.</summary>
/// <param name="Rounds">The longest chain of answers, each of which named the next peer, that led to an answer that counted.</param>
/// <param name="Requests">Peers that were asked, pages counted.</param>
/// <param name="Failures">Of these, peers that did not answer.</param>
public readonly record struct LookupEffort(int Rounds, int Requests, int Failures);

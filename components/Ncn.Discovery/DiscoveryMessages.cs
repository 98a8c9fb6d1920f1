using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>What one peer asks another.</summary>
public abstract record DiscoveryRequest
{
    private DiscoveryRequest()
    {
    }

    /// <summary>Are you there? Answered by <see cref="DiscoveryAnswer.Pong"/>.</summary>
    public sealed record Ping : DiscoveryRequest
    {
        /// <summary>The only one.</summary>
        public static Ping Instance { get; } = new();
    }

    /// <summary>Whom do you know near this place? Answered by <see cref="DiscoveryAnswer.Peers"/>.</summary>
    public sealed record FindPeers(Hash32 Target) : DiscoveryRequest;

    /// <summary>What was advertised under this key? Answered by <see cref="DiscoveryAnswer.Adverts"/>.</summary>
    /// <param name="Known">Ids of adverts that need not be sent again, at most twice <see cref="DiscoveryLimits.AdvertsPerKey"/>: an answer has bounded size, and this asks for its next page.</param>
    public sealed record FindAdverts(DiscoveryKey Key, ImmutableArray<Hash32> Known) : DiscoveryRequest;

    /// <summary>Keep these under this key. Answered by <see cref="DiscoveryAnswer.Stored"/>.</summary>
    public sealed record Store(DiscoveryKey Key, ImmutableArray<VerifiedAdvert> Adverts) : DiscoveryRequest;

    /// <summary>The sender goes. Answered by <see cref="DiscoveryAnswer.Pong"/>.</summary>
    public sealed record Leave : DiscoveryRequest
    {
        /// <summary>The only one.</summary>
        public static Leave Instance { get; } = new();
    }
}

/// <summary>What the other one answers.</summary>
public abstract record DiscoveryAnswer
{
    private DiscoveryAnswer()
    {
    }

    /// <summary>It is there.</summary>
    public sealed record Pong : DiscoveryAnswer
    {
        /// <summary>The only one.</summary>
        public static Pong Instance { get; } = new();
    }

    /// <summary>The nearest peers that it knows to be alive, nearest first, at most <see cref="DiscoveryLimits.BucketSize"/>.</summary>
    public sealed record Peers(ImmutableArray<Contact> Closest) : DiscoveryAnswer;

    /// <summary>What it keeps under the key, and who is nearer to it.</summary>
    /// <param name="Found">The best admitted first, as many as fit into <see cref="DiscoveryLimits.AnswerBytes"/>.</param>
    /// <param name="More">It keeps more than was known and than fits.</param>
    public sealed record Adverts(ImmutableArray<VerifiedAdvert> Found, bool More, ImmutableArray<Contact> Closest) : DiscoveryAnswer;

    /// <summary>What became of each advert of a <see cref="DiscoveryRequest.Store"/>, in its order.</summary>
    public sealed record Stored(ImmutableArray<StoreOutcome> Outcomes) : DiscoveryAnswer;
}

/// <summary>What a holder did with an advert.</summary>
public enum StoreOutcome
{
    /// <summary>It keeps it.</summary>
    Kept,

    /// <summary>It had it.</summary>
    Known,

    /// <summary>It has one with a higher sequence.</summary>
    Outdated,

    /// <summary>The advert's own content does not yield the key.</summary>
    ForeignKey,

    /// <summary>It has expired, lives too long, or comes from the future.</summary>
    BadTime,

    /// <summary>It is larger than <see cref="VerifiedAdvert.MaxBytes"/>; a node then advertises without its tensors' signatures.</summary>
    TooLarge,

    /// <summary>The operator has its share of this key, all issued later, or of the holder's whole store.</summary>
    OperatorFull,

    /// <summary>The key is full of adverts of operators with more stake, or the holder of keys that are nearer to it.</summary>
    Full,
}

using System.Collections.Concurrent;
using Ncn.Consensus.Http;
using Ncn.Protocol;

namespace Ncn.Validator.Hosting;

/// <summary>Where validators are, as each has signed it and others have passed on: of members of the set alone, the last word of each. Safe for concurrent use.</summary>
/// <param name="isMember">Whether a key votes, or will: nobody else is kept, so that there are never more than the chain names.</param>
/// <param name="network">Salt of the vote domain.</param>
internal sealed class PeerPlaces(Func<Address, bool> isMember, Eip712Domain domain, Hash32 network, TimeProvider time)
{
    /// <summary>How far another's clock may be ahead.</summary>
    internal static readonly TimeSpan MostAhead = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<Address, Signed<ValidatorPlace>> _places = [];

    /// <summary>What is known, for whoever asks.</summary>
    internal IReadOnlyList<Signed<ValidatorPlace>> All => [.. _places.Values.OrderBy(static place => place.Message.Validator)];

    /// <summary>Whom to be connected with.</summary>
    internal IEnumerable<LinkPeer> Links => All.Select(static place => new LinkPeer(place.Message.Validator, new Uri(place.Message.Link)));

    /// <summary>Takes what somebody says of itself, whoever passed it on; false for what is wrong, not newer, or of a stranger.</summary>
    internal bool Take(Signed<ValidatorPlace> said)
    {
        var place = said.Message;
        var isNewer = !_places.TryGetValue(place.Validator, out var known) || place.IssuedAt > known.Message.IssuedAt;
        if (!isNewer || place.Network != network || !IsBase(place.Api) || !IsBase(place.Link) || place.IssuedAt > Latest() || !isMember(place.Validator) || !said.IsSignedBy(place.Validator, domain))
        {
            return false;
        }

        _places.AddOrUpdate(place.Validator, said, (_, held) => held.Message.IssuedAt < place.IssuedAt ? said : held);
        return true;
    }

    /// <summary>Those who are no members any more are forgotten.</summary>
    internal void Forget()
    {
        foreach (var stranger in _places.Keys.Where(key => !isMember(key)))
        {
            _places.TryRemove(stranger, out _);
        }
    }

    private ulong Latest() => (ulong)(time.GetUtcNow() + MostAhead).ToUnixTimeMilliseconds();

    private static bool IsBase(string? url) => url is { Length: > 0 and <= ValidatorPlace.MostUrl }
        && Uri.TryCreate(url, UriKind.Absolute, out var read) && read is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" };
}

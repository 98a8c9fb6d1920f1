using Ncn.Protocol;
using Ncn.Validator.Hosting;
using Ncn.Validator.Tests.Support;

namespace Ncn.Validator.Tests.Hosting;

/// <summary>What is passed on of where validators are: signed, of members, the last word of each.</summary>
public sealed class PeerPlacesTests
{
    private const ulong Now = 1_800_000_000_000;
    private static readonly HashSet<Address> Members = [.. new ulong[] { 1, 2, 3 }.Select(static number => Sample.Signer(number).Address)];
    private readonly HashSet<Address> _members = [.. Members];
    private readonly PeerPlaces _places;

    public PeerPlacesTests() => _places = new PeerPlaces(_members.Contains, Sample.Domains.Network, Sample.Salt, new Noon());

    [Fact]
    public void The_last_word_of_each_member_is_kept_and_passed_on()
    {
        Assert.True(_places.Take(Said(1)));
        Assert.True(_places.Take(Said(2)));
        Assert.False(_places.Take(Said(1)));
        Assert.False(_places.Take(Said(1, issuedAt: Now - 1, api: "https://old.example/")));
        Assert.True(_places.Take(Said(1, issuedAt: Now + 1, link: "https://new.example:1/")));
        Assert.Equal(2, _places.All.Count);
        Assert.Contains(_places.Links, static peer => peer.Key == Sample.Signer(1).Address && peer.Url == new Uri("https://new.example:1/"));

        _members.Remove(Sample.Signer(1).Address);
        _places.Forget();
        Assert.Equal(Sample.Signer(2).Address, Assert.Single(_places.All).Message.Validator);
    }

    [Fact]
    public void Strangers_lies_and_what_is_no_address_are_not_kept()
    {
        var good = Said(1);
        Assert.False(_places.Take(Said(9)));
        Assert.False(_places.Take(good with { Message = good.Message with { Link = "https://elsewhere.example/" } }));
        Assert.False(_places.Take(good with { Message = good.Message with { Validator = Sample.Signer(2).Address } }));
        Assert.False(_places.Take(Said(1, issuedAt: Now + (ulong)PeerPlaces.MostAhead.TotalMilliseconds + 1)));
        Assert.False(_places.Take(Said(1, network: Sample.Word(1))));
        foreach (var url in new[] { "", "validator", "ftp://a.example/", "https://user:word@a.example/", "https://a.example/?to=b", $"https://a.example/{new string('a', ValidatorPlace.MostUrl)}" })
        {
            Assert.False(_places.Take(Said(1, api: url)), url);
            Assert.False(_places.Take(Said(1, link: url)), url);
        }

        Assert.Empty(_places.All);
    }

    private static Signed<ValidatorPlace> Said(ulong who, ulong issuedAt = Now, string api = "https://a.example/", string link = "https://a.example:3700/", Hash32? network = null)
    {
        using var signer = Sample.Signer(who);
        return signer.Sign(new ValidatorPlace(signer.Address, network ?? Sample.Salt, api, link, issuedAt), Sample.Domains.Network);
    }

    private sealed class Noon : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds((long)Now);
    }
}

using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery.Tests;

/// <summary>What a holder keeps and what it refuses.</summary>
public sealed class AdmissionTests
{
    private static readonly DiscoveryKey Subnet = DiscoveryKey.OfSubnet(1);
    private readonly Peer _holder = new(Samples.Place(0), DiscoveryLimits.Default);

    [Fact]
    public void A_good_advert_is_kept_and_given()
    {
        var advert = Samples.Gateway(1);
        Assert.Equal(StoreOutcome.Kept, Store(advert));
        Assert.Equal(StoreOutcome.Known, Store(advert));
        Assert.Equal(advert.Id, Assert.Single(Held()).Id);
    }

    [Fact]
    public void A_foreign_key_is_refused()
    {
        Assert.Equal(StoreOutcome.ForeignKey, Store(Samples.Gateway(1), DiscoveryKey.OfSubnet(2)));
        Assert.Equal(StoreOutcome.ForeignKey, Store(Samples.Gateway(1), DiscoveryKey.OfOperator(Samples.Operator(2))));
        Assert.Equal(StoreOutcome.ForeignKey, Store(Samples.Gateway(1), DiscoveryKey.OfName("another-model")));
        Assert.Equal(0, _holder.State.Store.Count);
    }

    [Fact]
    public void A_replayed_older_record_does_not_take_the_newer_ones_place()
    {
        Assert.Equal(StoreOutcome.Kept, Store(Samples.Gateway(1, sequence: 2)));
        Assert.Equal(StoreOutcome.Outdated, Store(Samples.Gateway(1, sequence: 1)));
        Assert.Equal(2UL, Assert.Single(Held()).Sequence);
    }

    [Theory]
    [InlineData(-1_000, 1_000)]
    [InlineData(120_000, 60_000)]
    [InlineData(0, 25 * 60 * 60 * 1_000L)]
    public void An_expired_one_one_from_the_future_and_one_that_lives_too_long_are_refused(long issued, long life) =>
        Assert.Equal(StoreOutcome.BadTime, Store(Samples.Gateway(1, issuedAt: (ulong)((long)Samples.Start + issued), life: (ulong)life)));

    [Fact]
    public void A_node_with_too_many_tensors_is_refused_as_too_large()
    {
        var large = Samples.Node(1, tensors: 60);
        Assert.Equal(StoreOutcome.Kept, Store(large));
        var tooLarge = VerifiedAdvert.Trusted(new Signed<NodeRecord>(
            Samples.NodeRecordOf(Samples.Operator(2)) with { Models = [.. Enumerable.Repeat(Samples.NodeRecordOf(default, 60).Models[0], 8)] }, default));
        Assert.InRange(tooLarge.Bytes, VerifiedAdvert.MaxBytes + 1, int.MaxValue);
        Assert.Equal(StoreOutcome.TooLarge, Store(tooLarge));
        _holder.Give(new DiscoveryInput.Publish(_holder.Now, tooLarge));
        Assert.Equal(StoreOutcome.TooLarge, Assert.Single(_holder.Said.OfType<DiscoveryOutput.Rejected>()).Reason);
    }

    [Fact]
    public void An_operator_has_its_latest_four_under_a_key()
    {
        for (ulong i = 0; i < 6; i++)
        {
            Assert.Equal(StoreOutcome.Kept, Store(Gateway(1, url: $"http://g{i}.example.org", issuedAt: Samples.Start + i)));
        }

        Assert.Equal(StoreOutcome.OperatorFull, Store(Gateway(1, url: "http://late.example.org", issuedAt: Samples.Start)));
        Assert.Equal([2UL, 3UL, 4UL, 5UL], Held().Select(static advert => advert.IssuedAt - Samples.Start).Order().ToArray());
    }

    [Fact]
    public void A_full_key_admits_by_stake()
    {
        _holder.Give(new DiscoveryInput.SetStakes(_holder.Now, Enumerable.Range(0, 64).Append(200)
            .ToImmutableSortedDictionary(static number => Samples.Operator((uint)number), static number => new TokenAmount((UInt128)(1_000 + number)))));
        Fill(64);
        Assert.Equal(StoreOutcome.Full, Store(Samples.Gateway(100)));
        Assert.Equal(StoreOutcome.Kept, Store(Samples.Gateway(200)));
        Assert.Equal(64, Held().Length);
        Assert.DoesNotContain(Held(), static advert => advert.Name.Operator == Samples.Operator(0));
        Assert.Equal(Samples.Operator(200), Held()[0].Name.Operator);
    }

    [Fact]
    public void Without_stakes_a_full_key_admits_the_operators_whose_hash_is_nearest()
    {
        Fill(200);
        var nearest = Enumerable.Range(0, 200).Select(static number => Samples.Operator((uint)number))
            .OrderBy(static address => Protocol.Cryptography.Keccak256.Of(Bytes(address)) ^ Subnet.Value).Take(64);
        Assert.Equal(nearest, Held().Select(static advert => advert.Name.Operator));
    }

    [Fact]
    public void New_stakes_put_held_adverts_into_a_new_order()
    {
        Fill(3);
        var last = Held()[2].Name.Operator;
        _holder.Give(new DiscoveryInput.SetStakes(_holder.Now, ImmutableSortedDictionary<Address, TokenAmount>.Empty.Add(last, new TokenAmount(1))));
        Assert.Equal(last, Held()[0].Name.Operator);
    }

    [Fact]
    public void A_full_store_gives_up_the_farthest_keys_and_takes_no_farther_ones()
    {
        var holder = new Peer(Subnet.Value, DiscoveryLimits.Default with { MaxStored = 8 });
        for (uint subnet = 2; subnet < 60; subnet++)
        {
            holder.Asks(null, new DiscoveryRequest.Store(DiscoveryKey.OfSubnet(subnet), [Samples.Gateway(subnet, subnet: subnet)]));
        }

        holder.Asks(null, new DiscoveryRequest.Store(Subnet, [Samples.Gateway(1)]));
        Assert.Equal(8, holder.State.Store.Count);
        var nearest = Enumerable.Range(1, 59).Select(static subnet => DiscoveryKey.OfSubnet((uint)subnet)).OrderBy(static key => key.Value ^ Subnet.Value).Take(8);
        Assert.Equal(nearest.Order(), holder.State.Store.Slots.Keys);
    }

    [Fact]
    public void One_operator_cannot_fill_a_store_with_keys_of_its_choice()
    {
        var holder = new Peer(Subnet.Value, DiscoveryLimits.Default with { OperatorPerStore = 6 });
        for (uint subnet = 1; subnet <= 20; subnet++)
        {
            holder.Asks(null, new DiscoveryRequest.Store(DiscoveryKey.OfSubnet(subnet), [Samples.Gateway(666, subnet: subnet, life: 90_000)]));
        }

        Assert.Equal([StoreOutcome.OperatorFull], ((DiscoveryAnswer.Stored)holder.LastAnswer).Outcomes.ToArray());
        Assert.Equal(6, holder.State.Store.Count);
        holder.Asks(null, new DiscoveryRequest.Store(Subnet, [Samples.Gateway(666, sequence: 2, life: 90_000), Samples.Gateway(1)]));
        Assert.Equal([StoreOutcome.Kept, StoreOutcome.Kept], ((DiscoveryAnswer.Stored)holder.LastAnswer).Outcomes.ToArray());

        holder.Pass(200_000);
        Assert.Equal(1, holder.State.Store.Count);
        holder.Asks(null, new DiscoveryRequest.Store(DiscoveryKey.OfSubnet(20), [Samples.Gateway(666, subnet: 20)]));
        Assert.Equal([StoreOutcome.Kept], ((DiscoveryAnswer.Stored)holder.LastAnswer).Outcomes.ToArray());
    }

    [Fact]
    public void A_store_is_bounded_in_bytes_too()
    {
        var limits = DiscoveryLimits.Default with { MaxStoredBytes = 20_000 };
        var holder = new Peer(Subnet.Value, limits);
        for (uint number = 0; number < 40; number++)
        {
            var advert = Samples.Node(number, tensors: 60);
            holder.Asks(null, new DiscoveryRequest.Store(DiscoveryKey.OfOperator(Samples.Operator(number)), [advert]));
            Assert.InRange(holder.State.Store.Bytes, 1, limits.MaxStoredBytes);
        }

        Assert.Equal(holder.State.Store.Slots.Values.Sum(static held => held.Sum(static advert => (long)advert.Bytes)), holder.State.Store.Bytes);
    }

    [Fact]
    public void One_request_cannot_bring_more_than_a_key_holds()
    {
        _holder.Asks(null, new DiscoveryRequest.Store(Subnet, [.. Enumerable.Range(0, 80).Select(static number => Samples.Gateway((uint)number))]));
        var outcomes = ((DiscoveryAnswer.Stored)_holder.LastAnswer).Outcomes;
        Assert.Equal(80, outcomes.Length);
        Assert.Equal(64, outcomes.Count(static outcome => outcome == StoreOutcome.Kept));
    }

    [Fact]
    public void What_was_never_set_is_taken_as_empty()
    {
        _holder.Asks(null, new DiscoveryRequest.Store(Subnet, default));
        Assert.Empty(((DiscoveryAnswer.Stored)_holder.LastAnswer).Outcomes);
        _holder.Asks(null, new DiscoveryRequest.FindAdverts(Subnet, default));
        Assert.Empty(((DiscoveryAnswer.Adverts)_holder.LastAnswer).Found);
    }

    [Fact]
    public void An_answer_has_bounded_size_and_says_that_there_is_more()
    {
        for (uint i = 0; i < 20; i++)
        {
            _holder.Asks(null, new DiscoveryRequest.Store(Subnet, [Samples.Node(i, tensors: 60)]));
        }

        _holder.Asks(null, new DiscoveryRequest.FindAdverts(Subnet, []));
        var page = (DiscoveryAnswer.Adverts)_holder.LastAnswer;
        Assert.True(page.More);
        Assert.InRange(page.Found.Sum(static advert => advert.Bytes), 1, DiscoveryLimits.Default.AnswerBytes);
        _holder.Asks(null, new DiscoveryRequest.FindAdverts(Subnet, [.. Held().Select(static advert => advert.Id)]));
        Assert.Empty(((DiscoveryAnswer.Adverts)_holder.LastAnswer).Found);
    }

    private StoreOutcome Store(VerifiedAdvert advert, DiscoveryKey? key = null)
    {
        _holder.Asks(null, new DiscoveryRequest.Store(key ?? Subnet, [advert]));
        return Assert.Single(((DiscoveryAnswer.Stored)_holder.LastAnswer).Outcomes);
    }

    private void Fill(uint count)
    {
        for (uint i = 0; i < count; i++)
        {
            Store(Samples.Gateway(i));
        }
    }

    private ImmutableArray<VerifiedAdvert> Held() => _holder.State.Store.At(Subnet);

    private static VerifiedAdvert Gateway(uint operatorNumber, string url, ulong issuedAt) => Samples.Gateway(operatorNumber, url: url, issuedAt: issuedAt);

    private static byte[] Bytes(Address address)
    {
        var bytes = new byte[Address.Size];
        address.CopyTo(bytes);
        return bytes;
    }
}

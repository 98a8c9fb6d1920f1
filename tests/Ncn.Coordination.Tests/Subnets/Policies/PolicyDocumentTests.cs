using System.Text;
using Ncn.Coordination.Subnets.Policies;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Coordination.Tests.Subnets.Policies;

public class PolicyDocumentTests
{
    private static readonly string Seven = Samples.Request(7).ToString();
    private static readonly string Eight = Samples.Request(8).ToString();

    private static readonly string Canonical =
        "{\"capacity\":{\"maxSlots\":64,\"minSlots\":2},\"epochLength\":600,\"feeBasisPoints\":500,"
        + "\"freeTier\":{\"maxCeiling\":\"10000\",\"requestsPerAddress\":5,\"requestsPerPayer\":7},"
        + $"\"models\":[\"{Seven}\",\"{Eight}\"],"
        + "\"priceCeilings\":{\"*\":{\"perCompletionToken\":\"9\",\"perInputRow\":\"8\",\"perPromptToken\":\"7\",\"perRequest\":\"6\"},"
        + $"\"{Seven}\":{{\"perCompletionToken\":\"1\",\"perInputRow\":\"2\",\"perPromptToken\":\"3\",\"perRequest\":\"4\"}}}},"
        + "\"verificationFloor\":800,\"version\":1}";

    [Fact]
    public void The_canonical_text_is_what_it_was_read_from_and_its_hash_is_the_policys()
    {
        var policy = Read(Canonical);

        Assert.Equal(Canonical, Encoding.UTF8.GetString(policy.Canonical()));
        Assert.Equal(Keccak256.Of(Encoding.UTF8.GetBytes(Canonical)), policy.Hash());
    }

    [Fact]
    public void White_space_order_and_repeats_in_lists_make_no_other_policy()
    {
        var other = $$"""
            { "version": 1, "verificationFloor": 800, "models": [ "{{Eight}}", "{{Seven}}", "{{Eight}}" ], "feeBasisPoints": 500, "epochLength": 600,
              "priceCeilings": { "{{Seven}}": { "perRequest": "4", "perPromptToken": "3", "perInputRow": "2", "perCompletionToken": "1" },
                                 "*": { "perRequest": "6", "perPromptToken": "7", "perInputRow": "8", "perCompletionToken": "9" } },
              "freeTier": { "requestsPerPayer": 7, "requestsPerAddress": 5, "maxCeiling": "10000" }, "capacity": { "minSlots": 2, "maxSlots": 64 } }
            """;

        Assert.Equal(Read(Canonical).Hash(), Read(other).Hash());
    }

    [Fact]
    public void The_least_policy_rules_nothing()
    {
        var least = Read("{\"version\":1}");

        Assert.Equal("{\"version\":1}", Encoding.UTF8.GetString(least.Canonical()));
        Assert.True(least.Admits(Samples.Offer()));
        Assert.True(least.Admits(Samples.Record(1, 1)));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("[]", "the document must be an object")]
    [InlineData("{}", "version is missing")]
    [InlineData("{\"version\":2}", "version is not known")]
    [InlineData("{\"version\":1,\"version\":1}", "")]
    [InlineData("{\"version\":1,\"slots\":1}", "slots is not a rule")]
    [InlineData("{\"version\":1,\"\\ud800\":1}", "not Unicode")]
    [InlineData("{\"version\":1,\"models\":[]}", "models must be a list")]
    [InlineData("{\"version\":1,\"models\":[7]}", "no model digest")]
    [InlineData("{\"version\":1,\"models\":[\"0x12\"]}", "no model digest")]
    [InlineData("{\"version\":1,\"feeBasisPoints\":10001}", "feeBasisPoints must be a whole number from 0 to 10000")]
    [InlineData("{\"version\":1,\"feeBasisPoints\":1.5}", "feeBasisPoints must be")]
    [InlineData("{\"version\":1,\"feeBasisPoints\":\"1\"}", "feeBasisPoints must be")]
    [InlineData("{\"version\":1,\"epochLength\":1}", "epochLength must be")]
    [InlineData("{\"version\":1,\"capacity\":{\"minSlots\":9,\"maxSlots\":8}}", "minSlots is above")]
    [InlineData("{\"version\":1,\"capacity\":{\"gpus\":9}}", "gpus is not a rule")]
    [InlineData("{\"version\":1,\"priceCeilings\":{\"digits\":{}}}", "no model digest")]
    [InlineData("{\"version\":1,\"priceCeilings\":{\"*\":{\"perRequest\":1}}}", "perRequest must be a text")]
    [InlineData("{\"version\":1,\"priceCeilings\":{\"*\":{\"perRequest\":\"18446744073709551616\"}}}", "perRequest must be a text")]
    [InlineData("{\"version\":1,\"freeTier\":{\"requestsPerAddress\":1000001}}", "requestsPerAddress must be")]
    public void What_is_no_policy_is_refused_with_the_member_at_fault(string text, string problem)
    {
        Assert.False(PolicyReader.TryRead(Encoding.UTF8.GetBytes(text), out _, out var said));
        Assert.Contains(problem, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_that_is_too_long_is_refused_unread()
    {
        Assert.False(PolicyReader.TryRead(new byte[PolicyReader.MaxBytes + 1], out _, out var problem));
        Assert.Contains("at most", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_texts_are_refused_and_never_throw()
    {
        var random = new SeededRandom(3);
        var good = Encoding.UTF8.GetBytes(Canonical);
        for (var i = 0; i < 3_000; i++)
        {
            var torn = good.ToArray();
            torn[random.Below(torn.Length)] = (byte)random.Below(256);
            if (PolicyReader.TryRead(torn.AsMemory(0, random.Below(4) == 0 ? random.Below(torn.Length) : torn.Length), out var policy, out _))
            {
                Assert.Equal(policy.Hash(), Read(Encoding.UTF8.GetString(policy.Canonical())).Hash());
            }
        }
    }

    [Fact]
    public void Models_prices_and_sizes_are_ruled()
    {
        var policy = Read(Canonical);
        var offer = Samples.Offer();

        Assert.True(policy.Admits(offer));
        Assert.False(policy.Admits(offer with { Digest = new ModelDigest(Samples.Request(9).Value) }));
        Assert.True(policy.Admits(offer with { Price = new ModelPrice(new(4), new(3), new(1), new(2)) }));
        Assert.False(policy.Admits(offer with { Price = new ModelPrice(new(5), new(3), new(1), new(2)) }));
        Assert.True(policy.Admits(offer with { Digest = new ModelDigest(Samples.Request(8).Value), Price = new ModelPrice(new(6), default, default, default) }));
        Assert.False(policy.Admits(offer with { Digest = new ModelDigest(Samples.Request(8).Value), Price = new ModelPrice(new(7), default, default, default) }));
        Assert.True(policy.Admits(Samples.Record(1, 1, slots: 2)));
        Assert.False(policy.Admits(Samples.Record(1, 1, slots: 1)));
        Assert.False(policy.Admits(Samples.Record(1, 1, slots: 65)));
    }

    private static PolicyDocument Read(string text) =>
        PolicyReader.TryRead(Encoding.UTF8.GetBytes(text), out var policy, out var problem) ? policy : throw new FormatException(problem);
}

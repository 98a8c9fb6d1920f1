using System.Net;
using System.Text;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.EndToEnd.Tests;

/// <summary>The owner of a subnet changes its policy on the chain; the gateway that runs follows.</summary>
[Collection(DisputedNetwork.Name)]
public sealed class SubnetPolicyTests(DisputedNetwork shared)
{
    private static readonly SubnetId Vision = new(2);

    // Canonical, written by hand: some other model alone, at most 3 %, one free request a day.
    private static readonly string Policy =
        "{\"feeBasisPoints\":300,\"freeTier\":{\"maxCeiling\":\"10000\",\"requestsPerAddress\":1,\"requestsPerPayer\":0},"
        + $"\"models\":[\"0x{new string('9', 64)}\"],\"verificationFloor\":900,\"version\":1}}";

    private static Hash32 Hash => Keccak256.Of(Encoding.UTF8.GetBytes(Policy));

    [Fact]
    public async Task A_policy_that_its_owner_put_on_the_chain_rules_the_running_gateway()
    {
        var subnet = new Uri(shared.Network.Vision, "ncn/v1/subnet");
        Assert.True(await ServesDigitsAsync());
        var stranger = await Web.PostAsync(new Uri(subnet, "subnet/policy"), "{\"version\":1}");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, stranger.Status);

        await ProposeAsync();
        // Anybody may bring the document, with white space too, as soon as the chain names its hash.
        var spaced = Policy.Replace(",\"", " ,\n  \"", StringComparison.Ordinal);
        await Poll.UntilAsync(
            "the gateway takes the document of the proposed policy",
            async () => (await Web.PostAsync(new Uri(subnet, "subnet/policy"), spaced)).Status == HttpStatusCode.OK);
        var before = await Web.GetJsonAsync(subnet);
        Assert.Equal(Hash.ToString(), before.GetProperty("policy").GetProperty("preparedHash").GetString());
        Assert.Equal(1000, before.GetProperty("terms").GetProperty("marginBasisPoints").GetInt32());
        Assert.True(await ServesDigitsAsync());

        await shared.AdvanceAsync(TimeSpan.FromDays(3));
        await Poll.UntilAsync("the policy is in force and digits are gone", async () => !await ServesDigitsAsync());
        var after = await Web.GetJsonAsync(subnet);
        Assert.Equal(Hash.ToString(), after.GetProperty("policy").GetProperty("hash").GetString());
        Assert.True(after.GetProperty("policy").GetProperty("isNamedByChain").GetBoolean());
        Assert.Equal(300, after.GetProperty("terms").GetProperty("marginBasisPoints").GetInt32());
        Assert.Equal(1, after.GetProperty("terms").GetProperty("freeTier").GetProperty("requestsPerAddress").GetInt32());
        Assert.Equal(900, after.GetProperty("terms").GetProperty("verificationFloor").GetInt32());
        var asked = await Web.GetAsync(new Uri(shared.Network.Vision, "v2/models/digits"));
        Assert.True(asked.Status is HttpStatusCode.NotFound or HttpStatusCode.ServiceUnavailable, $"{asked.Status}: {asked.Body}");
    }

    // A gateway that no node is left to answers 503: there is nothing to list.
    private async Task<bool> ServesDigitsAsync()
    {
        var listed = await Web.GetAsync(new Uri(shared.Network.Vision, "v1/models"));
        return listed.Status == HttpStatusCode.OK
            && listed.Json.GetProperty("data").EnumerateArray().Any(static model => model.GetProperty("id").GetString() == "digits");
    }

    // The local network's subnets are its gateway operator's.
    private async Task ProposeAsync()
    {
        using var account = new Account(shared.Network);
        using var owner = new ChainConnection(account.Settings, (await File.ReadAllTextAsync(shared.Network.KeyFile("gateway"))).Trim());
        var parameters = (await new ValidatorRegistryContract(owner).ReadSubnetAsync(Vision)).Parameters;
        await owner.SendAsync(new StakeContract(owner).ProposeParametersCall(Vision, parameters with { Policy = Hash }));
    }
}

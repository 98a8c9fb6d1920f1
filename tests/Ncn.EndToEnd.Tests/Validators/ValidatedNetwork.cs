using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests.Validators;

/// <summary>A network of its own with four validators and one honest node, because its clock is moved by days.</summary>
public sealed class ValidatedNetwork : IAsyncLifetime
{
    public const string Name = "validated network";
    private static readonly TokenAmount Ceiling = new(2_000_000);
    public ValidatedNetwork() => Network = new LocalNetwork("--workers", "1", "--validators", "4")
    {
        Settings = new Dictionary<string, string> { ["Ncn__Worker__Models"] = Dear.Path, ["Ncn__Validator__Probes__MostPerRequest"] = "1000000" },
    };

    public LocalNetwork Network { get; }

    public Account Account { get; private set; } = null!;

    public ChainConnection Chain { get; private set; } = null!;

    internal static SubnetId Subnet { get; } = new(1);

    internal ConsensusContract Consensus => new(Chain);

    internal string Models => Dear.Path;

    private DearModels Dear { get; } = new();

    internal JsonElement[] Validators => [.. Network.Description.GetProperty("validators").EnumerateArray()];

    public async Task InitializeAsync()
    {
        try
        {
            await Network.UpAsync();
            Account = new Account(Network);
            Chain = new ChainConnection(Account.Settings);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        Chain?.Dispose();
        Account?.Dispose();
        await Network.DisposeAsync();
        Dear.Dispose();
    }

    internal Address AddressOf(string role)
    {
        using var key = new Signer(Convert.FromHexString(File.ReadAllText(Network.KeyFile(role)).Trim()[2..]));
        return key.Address;
    }

    /// <summary>Asks this node alone, and pays.</summary>
    internal async Task<Answer> AskAsync(Address node) => await Web.PostAsync(new Uri(Network.Text, "v1/chat/completions"), new JsonObject
    {
        ["model"] = "tiny-chat",
        ["provider"] = new JsonObject { ["only"] = new JsonArray(node.ToString()) },
        ["max_tokens"] = 24,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = $"What is {Random.Shared.Next(100)} + {Random.Shared.Next(100)}?" }),
    }.ToJsonString(), await Account.PayAsync(Ceiling));

    /// <summary>Asks the honest node for as long as this does not hold: an idle network makes no blocks.</summary>
    internal Task WorkUntilAsync(string condition, Func<Task<bool>> holds) => Poll.UntilAsync(condition, async () =>
    {
        (await AskAsync(AddressOf("node-1"))).IsOk();
        return await holds();
    });

    /// <summary>The chain's clock goes on by this much.</summary>
    internal Task AdvanceAsync(TimeSpan time) => new Forknet(Chain).AdvanceTimeAsync((ulong)time.TotalSeconds);

    internal Task<StakeView> StakeAsync(SubnetRole role, Address who) => new ValidatorRegistryContract(Chain).ReadStakeAsync(Subnet, role, who);

    /// <summary>What a validator says of itself; of one that does not answer, what it wrote last.</summary>
    internal async Task<JsonElement> StatusAsync(int number)
    {
        var app = $"validator-{number}";
        try
        {
            return await Web.GetJsonAsync(new Uri(Network.App(app).Address, "ncn/v1/ledger/status"));
        }
        catch (HttpRequestException silent)
        {
            var log = File.ReadLines(Path.Combine(Network.State, "logs", $"{app}.log")).TakeLast(12);
            throw new HttpRequestException($"{silent.Message} The end of its log:\n{string.Join('\n', log)}", silent);
        }
    }

    /// <summary>What a validator proves that an account has earned under the chain's root; null for nothing.</summary>
    internal async Task<TokenAmount?> EarnedAsync(Address account)
    {
        var answer = await Web.GetAsync(new Uri(Network.App("validator-1").Address, $"ncn/v1/ledger/rewards/{account}"));
        return (int)answer.Status == 200 ? TokenAmount.Parse(answer.Json.GetProperty("cumulative").GetString()!) : null;
    }

    /// <summary>The ledger as <c>./ncn status --json</c> prints it; a part that does not answer makes it exit with 1.</summary>
    internal async Task<JsonElement> LedgerAsync() => JsonSerializer.Deserialize<JsonElement>((await Network.CommandAsync("status", "--json")).Output).GetProperty("ledger");

    internal async Task<string> RunAsync(params string[] arguments) => (await Network.CommandAsync(arguments)).Succeeded();
}

[CollectionDefinition(ValidatedNetwork.Name)]
public sealed class ValidatedNetworkTests : ICollectionFixture<ValidatedNetwork>;

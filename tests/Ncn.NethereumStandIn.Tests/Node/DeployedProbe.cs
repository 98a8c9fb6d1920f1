using System.Text.Json;
using Ncn.Tests.Anvil;
using Nethereum.Hex.HexTypes;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.Web3;
using Nethereum.Web3.Accounts;

namespace Ncn.NethereumStandIn.Tests.Node;

/// <summary>anvil with probe.sol deployed on it, through the stand-in itself.</summary>
public sealed class DeployedProbe : IAsyncLifetime, IDisposable
{
    private readonly AnvilNode _anvil = new();

    public IWeb3 Web3 { get; private set; } = null!;

    public string Address { get; private set; } = "";

    public string Url => _anvil.Url;

    public async Task InitializeAsync()
    {
        Web3 = new Web3(new Account(Messages.Samples.Key, Messages.Samples.ChainId), _anvil.Url);
        var code = JsonSerializer.Deserialize<JsonElement>(Repository.RunNode("tests/Ncn.NethereumStandIn.Tests/Node/compile.mjs"))
            .GetProperty("creationCode").GetString();
        var receipt = await Web3.TransactionManager.SendTransactionAndWaitForReceiptAsync(new TransactionInput { Data = code, Value = new HexBigInteger(0) });
        Assert.True(receipt.Succeeded());
        Address = receipt.ContractAddress;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _anvil.Dispose();
}

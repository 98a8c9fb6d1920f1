using System.Net;
using System.Numerics;
using Ncn.NethereumStandIn.Tests.Messages;
using Ncn.NethereumStandIn.Tests.Node;
using Nethereum.ABI.FunctionEncoding;
using Nethereum.Contracts;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.Hex.HexTypes;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.Web3;

namespace Ncn.NethereumStandIn.Tests;

/// <summary>The stand-in against a real node.</summary>
public sealed class NodeTests(DeployedProbe probe) : IClassFixture<DeployedProbe>
{
    private IWeb3 Web3 => probe.Web3;

    [Fact]
    public async Task A_sent_message_changes_state_and_its_logs_decode()
    {
        var before = await TotalAsync();
        var message = new Store { Entries = new Everything().Entries, Note = "größer" };

        var receipt = await Web3.Eth.GetContractTransactionHandler<Store>().SendRequestAndWaitForReceiptAsync(probe.Address, message, CancellationToken.None);

        Assert.True(receipt.Succeeded());
        Assert.False(receipt.HasErrors());
        Assert.Equal(before + 1_000_000, await TotalAsync());
        var logs = receipt.DecodeAllEvents<Stored>();
        Assert.Equal([1_000_000, 0], logs.Select(log => (int)log.Event.Total));
        Assert.All(logs, log => Assert.Equal((Samples.Owner, "größer"), (log.Event.By, log.Event.Note)));
        Assert.Equal(Samples.Salt.ToHex(), logs[0].Event.Salt.ToHex());
        Assert.Equal(receipt.BlockNumber.Value, logs[0].Log.BlockNumber.Value);
    }

    [Fact]
    public async Task Logs_of_a_block_range_are_found()
    {
        var message = new Store { Entries = [new Entry { Inner = Samples.Inner(Samples.Alice), Total = 42 }] };
        var receipt = await Web3.Eth.GetContractTransactionHandler<Store>().SendRequestAndWaitForReceiptAsync(probe.Address, message, CancellationToken.None);
        var stored = Web3.Eth.GetEvent<Stored>(probe.Address);

        var changes = await stored.GetAllChangesAsync(stored.CreateFilterInput(new BlockParameter(receipt.BlockNumber), new BlockParameter(receipt.BlockNumber)));

        Assert.Equal(42, Assert.Single(changes).Event.Total);
    }

    [Fact]
    public async Task Nested_dynamic_values_come_back_as_sent()
    {
        var sent = new Echo { Entries = new Everything().Entries };

        var output = await Web3.Eth.GetContractQueryHandler<Echo>().QueryDeserializingToObjectAsync<EchoOutput>(sent, probe.Address);

        Assert.Equal((2, "echo"), (output.Count, output.Text));
        Assert.Equal(
            sent.Entries.Select(entry => (entry.Inner.Who, entry.Inner.Delay, entry.Signature.ToHex(), entry.Total)),
            output.Same.Select(entry => (entry.Inner.Who, entry.Inner.Delay, entry.Signature.ToHex(), entry.Total)));
    }

    [Fact]
    public async Task A_revert_with_a_message_carries_the_message()
    {
        var exception = await Assert.ThrowsAsync<SmartContractRevertException>(() => RefuseAsync(0));
        Assert.Equal("nothing asked", exception.RevertMessage);
    }

    [Fact]
    public async Task A_custom_error_decodes_to_its_class_only()
    {
        var exception = await Assert.ThrowsAsync<SmartContractCustomErrorRevertException>(() => RefuseAsync(77));

        Assert.False(exception.IsCustomErrorFor<TooLittle>());
        var error = exception.DecodeError<TooMuch>();
        Assert.Equal((77, Samples.Owner), ((int)error.Asked, error.By));
    }

    [Fact]
    public async Task A_transaction_that_reverts_is_returned_not_thrown()
    {
        var message = new Refuse { Asked = 5, Gas = 200_000 };
        var receipt = await Web3.Eth.GetContractTransactionHandler<Refuse>().SendRequestAndWaitForReceiptAsync(probe.Address, message, CancellationToken.None);

        Assert.True(receipt.Failed());
        Assert.True(receipt.HasErrors());
    }

    [Fact]
    public async Task Transactions_sent_at_once_take_consecutive_nonces()
    {
        var handler = Web3.Eth.GetContractTransactionHandler<Store>();
        var message = () => new Store { Entries = [new Entry { Inner = Samples.Inner(Samples.Bob), Total = 1 }], Gas = 200_000 };

        var hashes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => handler.SendRequestAsync(probe.Address, message())));

        var receipts = await Task.WhenAll(hashes.Select(hash => Web3.TransactionReceiptPolling.PollForReceiptAsync(hash)));
        Assert.All(receipts, receipt => Assert.True(receipt.Succeeded()));
        Assert.Equal(8, receipts.Select(receipt => receipt.TransactionHash).Distinct().Count());
    }

    [Fact]
    public async Task The_node_is_read()
    {
        var block = await Web3.Eth.Blocks.GetBlockWithTransactionsHashesByNumber.SendRequestAsync(BlockParameter.CreateLatest());
        Assert.True(block.Number.Value > 0);
        Assert.True(block.Timestamp.Value > 1_600_000_000);
        Assert.True((await Web3.Eth.GetBalance.SendRequestAsync(Samples.Owner)).Value > BigInteger.Pow(10, 18));
        Assert.True((await Web3.Eth.GetCode.SendRequestAsync(probe.Address)).Length > 100);
        Assert.Equal("0x", await Web3.Eth.GetCode.SendRequestAsync("0x00000000000000000000000000000000000000ff"));
        Assert.Equal(Samples.ChainId, (await Web3.Client.SendRequestAsync<HexBigInteger>("eth_chainId")).Value);
    }

    [Fact]
    public async Task An_error_answer_names_message_and_method()
    {
        var exception = await Assert.ThrowsAsync<RpcResponseException>(() => Web3.Client.SendRequestAsync<string>("eth_nonsense"));
        Assert.EndsWith(": eth_nonsense", exception.Message, StringComparison.Ordinal);
        Assert.Equal(-32601, exception.RpcError.Code);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_an_unknown_client_error()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var exception = await Assert.ThrowsAsync<RpcClientUnknownException>(() => new Web3($"http://127.0.0.1:{port}").Client.SendRequestAsync<string>("eth_chainId"));
        Assert.IsType<HttpRequestException>(exception.InnerException);
    }

    private Task<BigInteger> TotalAsync() => Web3.Eth.GetContractQueryHandler<Total>().QueryAsync<BigInteger>(probe.Address, new Total());

    private Task<string> RefuseAsync(int asked) =>
        Web3.Eth.GetContractTransactionHandler<Refuse>().SendRequestAsync(probe.Address, new Refuse { Asked = asked });
}

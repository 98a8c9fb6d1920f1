using Ncn.NethereumStandIn.Tests.Messages;
using Ncn.NethereumStandIn.Tests.Viem;
using Nethereum.ABI;
using Nethereum.Contracts;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.Hex.HexTypes;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.Web3.Accounts;

namespace Ncn.NethereumStandIn.Tests;

/// <summary>Call data and raw transactions, byte for byte those of viem.</summary>
public sealed class EncodingTests(ViemVectors viem) : IClassFixture<ViemVectors>
{
    [Fact]
    public void Call_data_with_every_type_equals_viems() =>
        Assert.Equal(viem["call"], new Everything().GetCallData().ToHex(true));

    [Fact]
    public void Parameters_without_a_call_equal_viems() =>
        Assert.Equal(viem["plain"], new ABIEncode().GetABIEncoded(
            new ABIValue("bytes32", Samples.Salt), new ABIValue("uint256", 12345), new ABIValue("bytes", new byte[] { 0xc0, 0xff, 0xee })).ToHex(true));

    [Fact]
    public async Task Transfer_equals_viems() =>
        Assert.Equal(viem.RawTransaction(0), await SignAsync(0, 21_000, Samples.Alice, new HexBigInteger("0xde0b6b3a7640000"), null));

    [Fact]
    public async Task Contract_call_equals_viems() =>
        Assert.Equal(viem.RawTransaction(1), await SignAsync(300, 1_234_567, Samples.Bob, new HexBigInteger(0), viem["call"]));

    [Fact]
    public async Task Deployment_without_value_equals_viems() =>
        Assert.Equal(viem.RawTransaction(2), await SignAsync(1, 5_000_000, null, null, string.Concat(Enumerable.Repeat("60", 200))));

    [Theory]
    [InlineData(55, 3)]
    [InlineData(56, 4)]
    public async Task The_longest_short_and_the_shortest_long_string_equal_viems(int bytes, int vector) => Assert.Equal(
        viem.RawTransaction(vector), await SignAsync(2, 100_000, Samples.Bob, null, string.Concat(Enumerable.Repeat("61", bytes))));

    [Fact]
    public async Task A_handler_signs_the_same_transaction_as_the_manager()
    {
        var message = new Everything { Gas = 1_234_567, Nonce = 300, MaxFeePerGas = 2_000_000_007, MaxPriorityFeePerGas = 1_000_000_000 };
        var web3 = new Nethereum.Web3.Web3(new Account(Samples.Key, Samples.ChainId));

        var raw = await web3.Eth.GetContractTransactionHandler<Everything>().SignTransactionAsync(Samples.Bob, message);

        Assert.Equal(viem.RawTransaction(1), raw.EnsureHexPrefix());
    }

    [Fact]
    public void A_number_that_does_not_fit_its_type_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ABIEncode().GetABIEncoded(new ABIValue("uint8", 256)));

    [Fact]
    public async Task An_account_signs_for_nobody_else()
    {
        var input = new TransactionInput { From = Samples.Alice, To = Samples.Bob };
        await Assert.ThrowsAsync<ArgumentException>(() => new Account(Samples.Key, 1).TransactionManager.SignTransactionAsync(input));
    }

    private static async Task<string> SignAsync(int nonce, int gas, string? to, HexBigInteger? value, string? data)
    {
        var account = new Account(Samples.Key, Samples.ChainId);
        var raw = await account.TransactionManager.SignTransactionAsync(new TransactionInput
        {
            Nonce = new HexBigInteger(nonce),
            Gas = new HexBigInteger(gas),
            To = to,
            Value = value,
            Data = data,
            MaxFeePerGas = new HexBigInteger(2_000_000_007),
            MaxPriorityFeePerGas = new HexBigInteger(1_000_000_000),
        });
        Assert.StartsWith("02f", raw, StringComparison.Ordinal);
        return raw.EnsureHexPrefix();
    }
}

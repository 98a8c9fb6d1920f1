using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Benchmarks.Vouchers;

/// <summary>A payer's vouchers, signed beforehand, and the desk that takes them.</summary>
internal sealed class VoucherDesk
{
    private const int Count = 1024;
    private static readonly TokenAmount Price = new(1_000);
    private static readonly Address Gateway = Key("the gateway").Address;
    private static readonly Address Token = Key("the token").Address;

    private readonly Eip712Domain _domain = Eip712Domain.Payments(412346, Key("the contract").Address);
    private readonly SignedVoucher[] _vouchers;
    private readonly SignedVoucher[] _strangers;
    private readonly ChannelId[] _channels;
    private readonly ChannelId _channel;
    private ChannelState _state = ChannelState.Empty;
    private int _stranger;

    public VoucherDesk()
    {
        Signer payer = Key("the payer");
        ChannelConfig config = Channel(payer);
        _channel = config.Id(_domain);
        _vouchers = [.. Enumerable.Range(1, Count).Select(number => Sign(config, payer, number))];
        Signer[] strangers = [.. Enumerable.Range(0, 40_000).Select(number => Key($"stranger {number}"))];
        _strangers = [.. strangers.Select((stranger, number) => Sign(Channel(stranger), stranger, 1 + (number % Count)))];
        _channels = [.. _strangers.Select(voucher => voucher.Config.Id(_domain))];
        Signer = payer.Address;
    }

    public Address Signer { get; }

    public (SignedVoucher Voucher, Eip712Domain Domain) Sample() => (_vouchers[0], _domain);

    /// <summary>Everything that a voucher of a known payer goes through.</summary>
    public void TakeOne(int number)
    {
        SignedVoucher voucher = _vouchers[number % Count];
        Require(PaymentChecks.Voucher(Parsed(voucher), _channel, Terms) is null);
        Keep(voucher);
    }

    /// <summary>The same for a payer whose key has not been seen for long.</summary>
    public void TakeOneOfAStranger(int number)
    {
        int at = _stranger++ % _strangers.Length;
        Require(PaymentChecks.Voucher(Parsed(_strangers[at]), _channels[at], Terms) is null);
        Keep(_vouchers[number % Count]);
    }

    /// <summary>What the holder of the ledger does again.</summary>
    public void CheckWhole(int number) => Require(Parsed(_vouchers[number % Count]).IsAuthentic(_domain));

    private ChannelTerms Terms => new(Gateway, Token, 900, _domain);

    // As it comes from a request: nothing that was computed for another one can be with it.
    private static SignedVoucher Parsed(SignedVoucher voucher) => voucher with { Config = voucher.Config with { } };

    private void Keep(SignedVoucher voucher)
    {
        var funds = new ChannelFunds(new TokenAmount(1_000_000_000), TokenAmount.Zero);
        (_state, ChannelResult held) = ChannelLedger.Apply(_state, new ChannelInput.Reserve(1, "request", voucher, Price, funds, 1_000_000));
        Require(held.Outcome == ChannelOutcome.Accepted);
        (_state, _) = ChannelLedger.Apply(_state, new ChannelInput.Release(1, "request"));
    }

    private SignedVoucher Sign(ChannelConfig config, Signer payer, int number) => SignedVoucher.Create(config, Price * (ulong)number, payer, _domain);

    private static ChannelConfig Channel(Signer payer) => new(payer.Address, payer.Address, Gateway, Gateway, Token, 900, default);

    private static Signer Key(string name) => new(Keccak256.Hash(System.Text.Encoding.UTF8.GetBytes(name)));

    private static void Require(bool isSo)
    {
        if (!isSo)
        {
            throw new BenchmarkFailedException("a good voucher was refused");
        }
    }
}

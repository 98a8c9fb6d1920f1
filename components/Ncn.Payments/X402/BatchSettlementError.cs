namespace Ncn.Payments.X402;

/// <summary>Error codes of x402 and of its scheme batch-settlement on EVM.</summary>
public static class BatchSettlementError
{
    private const string Prefix = "invalid_batch_settlement_evm_";

    public const string InvalidPayload = "invalid_payload";
    public const string InvalidVersion = "invalid_x402_version";
    public const string UnsupportedScheme = "unsupported_scheme";
    public const string InvalidNetwork = "invalid_network";
    public const string ChannelNotFound = Prefix + "channel_not_found";
    public const string ChannelIdMismatch = Prefix + "channel_id_mismatch";
    public const string TokenMismatch = Prefix + "token_mismatch";
    public const string ReceiverMismatch = Prefix + "receiver_mismatch";
    public const string VoucherSignature = Prefix + "voucher_signature";
    public const string WithdrawDelay = Prefix + "withdraw_delay_out_of_range";
    public const string ExceedsBalance = Prefix + "cumulative_exceeds_balance";
    public const string AmountMismatch = Prefix + "cumulative_amount_mismatch";
    public const string BelowClaimed = Prefix + "cumulative_below_claimed";
    public const string ChannelBusy = Prefix + "channel_busy";
}

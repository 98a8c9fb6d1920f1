namespace Ncn.Payments.X402;

/// <summary>Error codes of x402 and of its scheme batch-settlement on EVM.</summary>
public static class BatchSettlementError
{
    private const string Prefix = "invalid_batch_settlement_evm_";

    public const string InvalidPayload = "invalid_payload";
    public const string InvalidRequirements = "invalid_payment_requirements";
    public const string InvalidVersion = "invalid_x402_version";
    public const string InvalidScheme = "invalid_scheme";
    public const string UnsupportedScheme = "unsupported_scheme";
    public const string InvalidNetwork = "invalid_network";
    public const string ChannelNotFound = Prefix + "channel_not_found";
    public const string ChannelIdMismatch = Prefix + "channel_id_mismatch";
    public const string TokenMismatch = Prefix + "token_mismatch";
    public const string ReceiverMismatch = Prefix + "receiver_mismatch";
    public const string ReceiverAuthorizerMismatch = Prefix + "receiver_authorizer_mismatch";
    public const string VoucherSignature = Prefix + "voucher_signature";
    public const string WithdrawDelay = Prefix + "withdraw_delay_out_of_range";
    public const string ExceedsBalance = Prefix + "cumulative_exceeds_balance";
    public const string AmountMismatch = Prefix + "cumulative_amount_mismatch";
    public const string BelowClaimed = Prefix + "cumulative_below_claimed";
    public const string ChannelBusy = Prefix + "channel_busy";
    public const string PayloadType = Prefix + "payload_type";
    public const string AuthorizationRequired = Prefix + "erc3009_authorization_required";
    public const string AuthorizationSignature = Prefix + "receive_authorization_signature";
    public const string ValidBefore = Prefix + "payload_authorization_valid_before";
    public const string ValidAfter = Prefix + "payload_authorization_valid_after";
    public const string InsufficientBalance = Prefix + "insufficient_balance";
    public const string DepositFailed = Prefix + "deposit_transaction_failed";
    public const string DepositSimulation = Prefix + "deposit_simulation_failed";
    public const string RefundNoBalance = Prefix + "refund_no_balance";
    public const string RefundAmount = Prefix + "refund_amount_invalid";
    public const string RefundFailed = Prefix + "refund_transaction_failed";
}

/// <summary>Error codes of the scheme exact on EVM (x402 specification, section 9).</summary>
public static class ExactError
{
    private const string Prefix = "invalid_exact_evm_payload_";

    public const string InsufficientFunds = "insufficient_funds";
    public const string Signature = Prefix + "signature";
    public const string ValidAfter = Prefix + "authorization_valid_after";
    public const string ValidBefore = Prefix + "authorization_valid_before";
    public const string Value = Prefix + "authorization_value_mismatch";
    public const string ValueV1 = Prefix + "authorization_value";
    public const string Recipient = Prefix + "recipient_mismatch";
    public const string NonceUsed = "invalid_exact_evm_nonce_already_used";
    public const string Simulation = "invalid_exact_evm_transaction_simulation_failed";
    public const string TransactionState = "invalid_transaction_state";
    public const string SettlementPending = "settlement_pending";
    public const string UnexpectedVerify = "unexpected_verify_error";
    public const string UnexpectedSettle = "unexpected_settle_error";
}

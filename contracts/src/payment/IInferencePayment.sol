// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title ERC-20 escrow that pays for inference by cumulative vouchers
/// @notice Wire-identical to the x402 v2 `batch-settlement` scheme (EIP-712 domain
/// "x402 Batch Settlement" version "1"). On top: a balance per payer, allocated to channels by the payer
/// or, up to a cap, by a key that it delegates to; packed claims; a protocol fee for the validators of
/// the receiver's subnet. All amounts are atomic units of the token; all times are seconds.
/// @dev Nobody owns the contract and nothing in it can be changed. A token that takes fees on transfer,
/// or that does not move exactly what it was asked to, is refused at deposit. A token whose balances
/// move by themselves (rebasing) can only harm those who hold that token here.
interface IInferencePayment {
    /// @notice What a channel is. Its EIP-712 digest is the channel's id, so it can never change.
    /// @param payer Owner of the escrow; every refund and withdrawal goes to it.
    /// @param payerAuthorizer Key that signs the vouchers, or zero when the payer signs them itself. Never
    /// able to move escrow anywhere but to the receiver (by voucher) or back to the payer; see delegate
    /// for what it may put into channels.
    /// @param receiver Where claimed tokens go.
    /// @param receiverAuthorizer Second key that may claim and refund; never zero.
    /// @param token The ERC-20 token.
    /// @param withdrawDelay Seconds between the start and the end of a withdrawal by the payer.
    /// @param salt Tells channels between the same parties apart.
    struct ChannelConfig {
        address payer;
        address payerAuthorizer;
        address receiver;
        address receiverAuthorizer;
        address token;
        uint40 withdrawDelay;
        bytes32 salt;
    }

    /// @notice What the payer's key signs, with the channel spelled out in place of its id.
    struct Voucher {
        ChannelConfig channel;
        uint128 maxClaimableAmount;
    }

    /// @notice One row of a claim.
    /// @param voucher The signed ceiling.
    /// @param signature 65 bytes r, s, v by the channel's voucher signer; low s, v 27 or 28.
    /// @param totalClaimed The channel's new cumulative total, not a difference; at most the ceiling.
    struct VoucherClaim {
        Voucher voucher;
        bytes signature;
        uint128 totalClaimed;
    }

    /// @notice Where the payerAuthorizer of the channels of a packed batch is.
    /// @dev None: it is zero. Payer: it is the payer. Explicit: every row names it.
    enum AuthorizerForm {
        None,
        Payer,
        Explicit
    }

    /// @notice What all channels of a packed claim have in common; see ChannelConfig.
    struct PackedBatch {
        address receiver;
        address receiverAuthorizer;
        address token;
        uint40 withdrawDelay;
        bytes32 salt;
        AuthorizerForm authorizer;
    }

    /// @notice Why a row of a claim was skipped.
    /// @dev None: not skipped. NotReceiverSide: neither receiver nor receiverAuthorizer asked for it.
    /// NotRaised: the total is not above what is claimed already (a replay). AboveVoucher: the total is
    /// above the signed ceiling. AboveBalance: the escrow does not cover the total. BadSignature: not
    /// signed by the channel's voucher signer. ReceiverTotalOverflow: the receiver's own total in that
    /// token would pass 2^128 - 1.
    enum ClaimFault {
        None,
        NotReceiverSide,
        NotRaised,
        AboveVoucher,
        AboveBalance,
        BadSignature,
        ReceiverTotalOverflow
    }

    /// @notice First escrow in a channel; the only event that spells the configuration out.
    event ChannelCreated(bytes32 indexed channelId, ChannelConfig config);
    /// @notice A channel's escrow grew, by deposit or by allocation.
    event Deposited(bytes32 indexed channelId, address indexed sender, uint128 amount, uint128 newBalance);
    /// @notice A channel's claimed total rose by `claimAmount` to `newTotalClaimed`.
    event Claimed(
        bytes32 indexed channelId, address indexed sender, uint128 claimAmount, uint128 newTotalClaimed
    );
    /// @notice The rows of a packed claim that were not skipped.
    /// @param claims 48 bytes for each, in their order: channelId (32), what its claimed total rose by
    /// (8, big-endian), its new claimed total (8, big-endian).
    event ClaimedPacked(
        address indexed receiver, address indexed token, address indexed sender, bytes claims
    );
    /// @notice Row `row` (counted from 0) of a claim changed nothing, and why.
    event ClaimSkipped(bytes32 indexed channelId, address indexed sender, uint256 row, ClaimFault fault);
    /// @notice Claimed tokens were paid out: `amount` less the fee of a ProtocolFeePaid in the same
    /// transaction went to the receiver.
    event Settled(address indexed receiver, address indexed token, address indexed sender, uint128 amount);
    /// @notice `fee` of what was settled went to the reward pool of the receiver's subnet.
    event ProtocolFeePaid(
        address indexed receiver, address indexed token, uint256 indexed subnetId, uint128 fee
    );
    /// @notice The payer started a withdrawal; claims made before `finalizeAfter` come first.
    event WithdrawInitiated(bytes32 indexed channelId, uint128 amount, uint40 finalizeAfter);
    /// @notice The withdrawal ended and `amount` went to the payer.
    event WithdrawFinalized(bytes32 indexed channelId, address indexed sender, uint128 amount);
    /// @notice The receiver side gave unclaimed escrow back to the payer.
    event Refunded(bytes32 indexed channelId, address indexed sender, uint128 amount);
    /// @notice A payer's unallocated balance grew.
    event BalanceDeposited(address indexed payer, address indexed token, uint128 amount, uint128 newBalance);
    /// @notice A part of a payer's balance moved into a channel.
    event BalanceAllocated(
        address indexed payer, address indexed token, bytes32 indexed channelId, uint128 amount
    );
    /// @notice A payer took unallocated balance out.
    event BalanceWithdrawn(address indexed payer, address indexed token, uint128 amount, uint128 newBalance);

    /// @notice `authorizer` may allocate up to `cap` of the payer's balance from now on.
    event Delegated(address indexed payer, address indexed authorizer, address indexed token, uint128 cap);

    /// @notice The registry has no code.
    error InvalidRegistry(address registry);
    /// @notice The amount is zero.
    error ZeroAmount();
    /// @notice Payer, receiver, receiverAuthorizer or token of the channel is the zero address.
    error InvalidChannel();
    /// @notice The channel's withdrawDelay is not within MIN_WITHDRAW_DELAY and MAX_WITHDRAW_DELAY.
    error WithdrawDelayOutOfRange(uint40 withdrawDelay);
    /// @notice The token moved something else than the amount asked for.
    error TransferNotExact(address token, uint256 expected, uint256 received);
    /// @notice The sum would pass 2^128 - 1.
    error AmountOverflow();
    /// @notice More was asked for than there is.
    error AmountAboveAvailable(uint128 requested, uint128 available);
    /// @notice More was asked for than is left of the caller's delegation.
    error AmountAboveDelegation(uint128 requested, uint128 left);
    /// @notice The packed rows are no whole number of rows.
    error MalformedRows(uint256 length);
    /// @notice A claim needs at least one row.
    error EmptyBatch();
    /// @notice The receiverAuthorizer did not sign this.
    error InvalidSignature();
    /// @notice Only the channel's payer or payerAuthorizer may do this.
    error NotPayerSide(address caller);
    /// @notice Only the channel's receiver or receiverAuthorizer may do this.
    error NotReceiverSide(address caller);
    /// @notice The channel has a withdrawal under way; finalize it first.
    error WithdrawalPending(bytes32 channelId);
    /// @notice The channel has no withdrawal under way.
    error NoWithdrawalPending(bytes32 channelId);
    /// @notice The withdrawal can be finalized from `finalizeAfter` on.
    error WithdrawDelayNotElapsed(uint256 finalizeAfter);
    /// @notice The refund was signed for another nonce than the current one.
    error InvalidRefundNonce(uint256 expected);

    /// @notice Puts `amount` of the channel's token into its escrow, pulled from the caller by allowance or
    /// brought by a collector.
    /// @dev Anyone may fund any channel; what is not claimed goes back to the channel's payer.
    /// @param config The channel.
    /// @param amount Atomic units, above zero.
    /// @param collector Zero for the caller's allowance, else an IDepositCollector. No collector is
    /// trusted: it must bring exactly `amount`, or the deposit reverts.
    /// @param collectorData Passed to the collector; not read without one.
    function deposit(
        ChannelConfig calldata config,
        uint128 amount,
        address collector,
        bytes calldata collectorData
    ) external;

    /// @notice Records vouchers of one or many channels. A row that does not hold is skipped with
    /// ClaimSkipped and changes nothing; the other rows are carried out as if it were not there.
    /// @dev The caller must be receiver or receiverAuthorizer of each row's channel. A smart account that
    /// pays names a payerAuthorizer key: voucher signatures are never asked of contracts, because a
    /// payer's contract could then burn the gas of the whole batch.
    function claim(VoucherClaim[] calldata voucherClaims) external;

    /// @notice The same as claim, sent by anyone, with the rows signed by their common
    /// receiverAuthorizer (that of the first row; rows with another one are skipped).
    /// @param authorizerSignature Over getClaimBatchDigest(voucherClaims); EIP-1271 when the authorizer
    /// is a contract.
    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature)
        external;

    /// @notice Records vouchers of channels that differ in payer and payerAuthorizer only, in less gas than
    /// claim and with the same effect. A row that does not hold is skipped with ClaimSkipped and changes
    /// nothing.
    /// @dev The caller must be batch.receiver or batch.receiverAuthorizer. Amounts from 2^64 on need claim.
    /// @param batch What the channels have in common.
    /// @param rows 100 bytes a row: payer (20), maxClaimableAmount (8, big-endian), totalClaimed (8,
    /// big-endian), signature (64, EIP-2098: r, then s with the parity of y in the highest bit; low s).
    /// With AuthorizerForm.Explicit 120 bytes: payerAuthorizer (20) follows the payer.
    /// A row may come again, in either form and with any signature of its voucher: totals are cumulative,
    /// so that a total raises once.
    function claimPacked(PackedBatch calldata batch, bytes calldata rows) external;

    /// @notice Pays out everything claimed and not yet settled to `receiver`, less the protocol fee. Anyone
    /// may call it; does nothing when nothing is due.
    /// @dev A receiver with a home subnet pays PROTOCOL_FEE_BASIS_POINTS of the amount, rounded down, to
    /// the reward pool of that subnet; another one has no validators to pay.
    function settle(address receiver, address token) external;

    /// @notice Starts taking `amount` of unclaimed escrow back. The receiver can still claim until the
    /// withdrawal is finalized, and a claim comes first.
    /// @dev Called by payer or payerAuthorizer. Whoever serves on this channel must stop to, and claim,
    /// while pendingWithdrawals says that one is under way: after the delay it can end at any moment.
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external;

    /// @notice Ends a withdrawal after the channel's delay and sends the smaller of the amount asked for
    /// and the escrow still unclaimed to the payer. Called by payer or payerAuthorizer.
    function finalizeWithdraw(ChannelConfig calldata config) external;

    /// @notice Gives up to `amount` of unclaimed escrow back to the payer at once, and lowers a pending
    /// withdrawal by as much. Called by receiver or receiverAuthorizer; raises refundNonce.
    function refund(ChannelConfig calldata config, uint128 amount) external;

    /// @notice The same as refund, sent by anyone, signed by the receiverAuthorizer.
    /// @param nonce The current refundNonce of the channel.
    /// @param receiverAuthorizerSignature Over getRefundDigest(channelId, nonce, amount); EIP-1271 when
    /// the authorizer is a contract.
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external;

    /// @notice Puts tokens into the caller's own balance, pulled by allowance.
    function depositBalance(address token, uint128 amount) external;

    /// @notice The same with an EIP-3009 ReceiveWithAuthorization of `payer` to this contract; anyone may
    /// send it, and the tokens become `payer`'s balance.
    /// @param validAfter Seconds since 1970 after which the token accepts it.
    /// @param validBefore Seconds since 1970 before which the token accepts it.
    /// @param nonce Any value that the payer has not used at this token.
    /// @param signature 65 bytes r, s, v, or what the payer's contract accepts, where the token asks it.
    function depositBalanceWithAuthorization(
        address payer,
        address token,
        uint128 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice Passes the caller's EIP-2612 permit towards this contract on to the token; made for
    /// multicall([permit, deposit]).
    /// @dev A permit that somebody sent before fails at the token; that is no error while the allowance
    /// is at least `amount`.
    function permit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Lets `authorizer` allocate up to `cap` of the caller's balance to channels of the caller
    /// that name it payerAuthorizer. Replaces what was left of an earlier cap; zero takes it back.
    /// @dev The authorizer signs those channels' vouchers too, so the cap is what it can spend, to any
    /// receiver. What it has allocated before a lower cap is mined stays allocated.
    function delegate(address authorizer, address token, uint128 cap) external;

    /// @notice Moves a part of the payer's balance into a channel. Called by the payer, or by the
    /// payerAuthorizer, whose delegation falls by as much.
    function allocate(ChannelConfig calldata config, uint128 amount) external;

    /// @notice Takes unallocated balance out at once.
    function withdrawBalance(address token, uint128 amount) external;

    /// @notice A payer's unallocated balance.
    function balances(address payer, address token) external view returns (uint128);

    /// @notice How much of the payer's balance the authorizer may still allocate.
    function delegations(address payer, address authorizer, address token) external view returns (uint128);

    /// @notice A channel's escrow.
    /// @return balance Everything put in and not withdrawn or refunded; includes what is claimed.
    /// @return totalClaimed The part of it that was claimed; never above balance, never falls.
    function channels(bytes32 channelId) external view returns (uint128 balance, uint128 totalClaimed);

    /// @notice The withdrawal under way.
    /// @return amount What was asked for, less refunds since.
    /// @return initiatedAt When it started; zero when none is under way.
    function pendingWithdrawals(bytes32 channelId) external view returns (uint128 amount, uint40 initiatedAt);

    /// @notice A receiver's totals in one token over all its channels.
    function receivers(address receiver, address token)
        external
        view
        returns (uint128 totalClaimed, uint128 totalSettled);

    /// @notice The nonce that the next signed refund of the channel must carry.
    function refundNonce(bytes32 channelId) external view returns (uint256);

    /// @notice EIP-712 digest of the configuration: the channel's id.
    function getChannelId(ChannelConfig calldata config) external view returns (bytes32);

    /// @notice EIP-712 digest of Voucher(bytes32 channelId,uint128 maxClaimableAmount).
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) external view returns (bytes32);

    /// @notice EIP-712 digest of Refund(bytes32 channelId,uint256 nonce,uint128 amount).
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) external view returns (bytes32);

    /// @notice EIP-712 digest of ClaimBatch(ClaimEntry[] claims) for these rows.
    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims) external view returns (bytes32);

    /// @notice EIP-712 type hash of ChannelConfig.
    function CHANNEL_CONFIG_TYPEHASH() external view returns (bytes32);

    /// @notice The ValidatorRegistry: it knows the receivers' subnets and keeps their reward pools.
    function REGISTRY() external view returns (address);

    /// @notice Protocol fee in hundredths of a per cent.
    function PROTOCOL_FEE_BASIS_POINTS() external view returns (uint128);

    /// @notice Shortest withdrawDelay of a channel, seconds.
    function MIN_WITHDRAW_DELAY() external view returns (uint40);

    /// @notice Longest withdrawDelay of a channel, seconds.
    function MAX_WITHDRAW_DELAY() external view returns (uint40);
}

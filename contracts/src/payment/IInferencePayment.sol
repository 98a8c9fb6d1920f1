// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title ERC-20 escrow that pays for inference by cumulative vouchers
/// @notice Wire-identical to the x402 v2 `batch-settlement` scheme (EIP-712 domain
/// "x402 Batch Settlement" version "1"), with a balance per payer on top. All amounts are atomic units
/// of the token; all times are seconds.
/// @dev Nobody owns the contract and nothing in it can be changed. A token that takes fees on transfer,
/// or that does not move exactly what it was asked to, is refused at deposit. A token whose balances
/// move by themselves (rebasing) can only harm those who hold that token here.
interface IInferencePayment {
    /// @notice What a channel is. Its EIP-712 digest is the channel's id, so it can never change.
    /// @param payer Owner of the escrow; every refund and withdrawal goes to it.
    /// @param payerAuthorizer Key that signs the vouchers, or zero when the payer signs them itself. Never
    /// able to move escrow anywhere but to the receiver (by voucher) or back to the payer.
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
    /// @notice Row `row` (counted from 0) of a claim changed nothing, and why.
    event ClaimSkipped(bytes32 indexed channelId, address indexed sender, uint256 row, ClaimFault fault);
    /// @notice Claimed tokens were paid out to the receiver.
    event Settled(address indexed receiver, address indexed token, address indexed sender, uint128 amount);
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

    /// @notice The amount is zero.
    error ZeroAmount();
    /// @notice Payer, receiver, receiverAuthorizer or token of the channel is the zero address.
    error InvalidChannel();
    /// @notice The channel's withdrawDelay is not within MIN_WITHDRAW_DELAY and MAX_WITHDRAW_DELAY.
    error WithdrawDelayOutOfRange(uint40 withdrawDelay);
    /// @notice This version takes deposits by allowance only; pass the zero address as collector.
    error CollectorNotSupported(address collector);
    /// @notice The token moved something else than the amount asked for.
    error TransferNotExact(address token, uint256 expected, uint256 received);
    /// @notice The sum would pass 2^128 - 1.
    error AmountOverflow();
    /// @notice More was asked for than there is.
    error AmountAboveAvailable(uint128 requested, uint128 available);
    /// @notice A claim needs at least one row.
    error EmptyBatch();
    /// @notice The receiverAuthorizer did not sign this.
    error InvalidSignature();
    /// @notice Only the channel's payer may do this.
    error NotPayer(address caller);
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

    /// @notice Puts `amount` of the channel's token into its escrow, pulled from the caller by allowance.
    /// @dev Anyone may fund any channel; what is not claimed goes back to the channel's payer.
    /// @param config The channel.
    /// @param amount Atomic units, above zero.
    /// @param collector Must be zero in this version (see CollectorNotSupported).
    /// @param collectorData Data for the collector; not read without one.
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

    /// @notice Pays out everything claimed and not yet settled to `receiver`. Anyone may call it; does
    /// nothing when nothing is due.
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

    /// @notice Moves a part of the caller's balance into a channel of which the caller is the payer.
    function allocate(ChannelConfig calldata config, uint128 amount) external;

    /// @notice Takes unallocated balance out at once.
    function withdrawBalance(address token, uint128 amount) external;

    /// @notice A payer's unallocated balance.
    function balances(address payer, address token) external view returns (uint128);

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

    /// @notice Shortest withdrawDelay of a channel, seconds.
    function MIN_WITHDRAW_DELAY() external view returns (uint40);

    /// @notice Longest withdrawDelay of a channel, seconds.
    function MAX_WITHDRAW_DELAY() external view returns (uint40);
}

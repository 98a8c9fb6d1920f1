// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayment} from "../payment/IInferencePayment.sol";

/// @title Disputes about what a gateway claimed
/// @notice A gateway states in writing what it will claim of a channel; if it claims more and has no later
/// voucher to show, its stake pays the payer back.
interface IDisputes {
    /// @notice "Of this channel of this payment contract, with vouchers up to maxClaimableAmount, I claim
    /// no more than `charged`, ever." EIP-712 message of the domain "NCN", signed by the channel's receiver
    /// or receiverAuthorizer. A gateway signs it when nothing is in flight, and afterwards takes vouchers
    /// above that maximum only.
    /// @param subnetId Where the signer's gateway stake answers for it; `subnet` in the signed type.
    /// @param issuedAt Unix seconds; not read by the contract.
    struct ChannelStatement {
        uint256 subnetId;
        address payment;
        bytes32 channelId;
        uint128 maxClaimableAmount;
        uint128 charged;
        uint64 issuedAt;
    }

    /// @notice A dispute about one statement.
    /// @param gateway Who signed the statement, and whose stake is frozen.
    /// @param payer Who is paid back.
    /// @param voucherSigner Whose voucher answers it.
    /// @param overClaim What was claimed above the statement and not disputed before.
    /// @param frozen What of the gateway's stake is frozen for it.
    /// @param settledClaim Up to where claims on this statement were disputed: an open dispute is about
    /// this total of the channel, and a later one about what is above it.
    /// @param closableAt When it can be closed without an answer; zero when none is open.
    struct Dispute {
        uint256 subnetId;
        address gateway;
        address payer;
        address voucherSigner;
        address payment;
        bytes32 channelId;
        uint128 maxClaimableAmount;
        uint128 overClaim;
        uint128 frozen;
        uint128 settledClaim;
        uint40 closableAt;
    }

    /// @notice A gateway's stake was frozen, because it claimed more than it stated.
    event DisputeOpened(
        bytes32 indexed disputeId,
        uint256 indexed subnetId,
        address indexed gateway,
        address payment,
        bytes32 channelId,
        uint128 overClaim,
        uint128 frozen,
        uint40 closableAt
    );
    /// @notice The gateway has a later voucher that covers the claim.
    event DisputeAnswered(bytes32 indexed disputeId, uint128 maxClaimableAmount);
    /// @notice Nobody answered; the payer got `refund` and the subnet's reward pool `penalty`.
    event DisputeClosed(bytes32 indexed disputeId, address indexed payer, uint128 refund, uint128 penalty);

    /// @notice The statement is not signed by the channel's receiver or receiverAuthorizer.
    error NotSignedByReceiver(address signer);
    /// @notice The configuration is not that of the channel.
    error WrongChannel(bytes32 channelId);
    /// @notice The channel is paid in another token than the subnet's stake.
    error NotStakeToken(address token);
    /// @notice The channel's claims are within the statement, or were disputed before.
    error NotOverClaimed(uint128 totalClaimed, uint128 bound);
    /// @notice A dispute about this statement is open already.
    error DisputeIsOpen(bytes32 disputeId);
    /// @notice No dispute of this id is open.
    error DisputeNotOpen(bytes32 disputeId);
    /// @notice The gateway can answer until `closableAt`; only then can the dispute be closed.
    error AnswerPending(uint40 closableAt);
    /// @notice The voucher is not above the statement's maximum, or does not cover the claim.
    error VoucherTooLow(uint128 maxClaimableAmount, uint128 needed);

    /// @notice Shows that the channel's claims are above a signed statement, and freezes the smaller of
    /// twice the over-claim and the gateway's stake. Anyone may call it.
    /// @param signature 65 bytes r, s, v over statementDigest(statement).
    /// @return disputeId The statement's digest: one dispute per statement at a time.
    function openDispute(
        ChannelStatement calldata statement,
        bytes calldata signature,
        IInferencePayment.ChannelConfig calldata config
    ) external returns (bytes32 disputeId);

    /// @notice Ends a dispute by a voucher of the payer, above the statement's maximum, that covers the
    /// disputed claim. Taken as long as nobody closed the dispute.
    /// @param voucherSignature 65 bytes r, s, v over the payment contract's voucher digest.
    function answerDispute(bytes32 disputeId, uint128 maxClaimableAmount, bytes calldata voucherSignature)
        external;

    /// @notice Ends a dispute that nobody answered within DISPUTE_WINDOW. Half of the frozen stake, which
    /// is the over-claim if there was enough, goes to the payer, the other half to the subnet's reward pool.
    function closeDispute(bytes32 disputeId) external;

    /// @notice The newest dispute about a statement; all zero when there was none.
    function getDispute(bytes32 disputeId) external view returns (Dispute memory);

    /// @notice EIP-712 digest of a statement.
    function statementDigest(ChannelStatement calldata statement) external view returns (bytes32);

    /// @notice Seconds that a gateway has to answer.
    function DISPUTE_WINDOW() external view returns (uint40);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IInferencePayment} from "../payment/IInferencePayment.sol";
import {IDisputes} from "./IDisputes.sol";
import {RewardPool} from "./RewardPool.sol";

/// @notice A gateway's written word against what it claimed.
/// @dev The payment contract is named by the gateway's own signature and read only (STATICCALL); one that
/// lies can harm that gateway, and nobody else. Half of what is taken goes to the reward pool, however
/// little there is: else a gateway could take its whole stake out within DISPUTE_WINDOW, ahead of everyone
/// it owes, by a dispute of its own as a payer.
abstract contract Disputes is RewardPool, IDisputes {
    using SafeERC20 for IERC20;

    /// @inheritdoc IDisputes
    uint40 public constant DISPUTE_WINDOW = 3 days;
    bytes32 private constant STATEMENT_TYPEHASH = keccak256(
        "ChannelStatement(uint256 subnet,address payment,bytes32 channelId,uint128 maxClaimableAmount,uint128 charged,uint64 issuedAt)"
    );

    mapping(bytes32 disputeId => Dispute) private disputes;
    mapping(bytes32 disputeId => Hold) private holds;

    /// @inheritdoc IDisputes
    function openDispute(
        ChannelStatement calldata statement,
        bytes calldata signature,
        IInferencePayment.ChannelConfig calldata config
    ) external nonReentrant returns (bytes32 disputeId) {
        if (config.token != _subnet(statement.subnetId).stakeToken) revert NotStakeToken(config.token);
        disputeId = statementDigest(statement);
        Dispute storage dispute = disputes[disputeId];
        if (dispute.closableAt != 0) revert DisputeIsOpen(disputeId);
        address gateway = _recover(disputeId, signature);
        if (gateway != config.receiver && gateway != config.receiverAuthorizer) {
            revert NotSignedByReceiver(gateway);
        }
        uint128 claimed = _claimed(statement, config);
        uint128 bound = dispute.settledClaim > statement.charged ? dispute.settledClaim : statement.charged;
        if (claimed <= bound) revert NotOverClaimed(claimed, bound);

        dispute.subnetId = statement.subnetId;
        dispute.gateway = gateway;
        dispute.payer = config.payer;
        dispute.voucherSigner = config.payerAuthorizer == address(0) ? config.payer : config.payerAuthorizer;
        dispute.payment = statement.payment;
        dispute.channelId = statement.channelId;
        dispute.maxClaimableAmount = statement.maxClaimableAmount;
        dispute.settledClaim = claimed;
        _freezeFor(disputeId, dispute, claimed - bound);
    }

    /// @inheritdoc IDisputes
    function answerDispute(bytes32 disputeId, uint128 maxClaimableAmount, bytes calldata voucherSignature)
        external
        nonReentrant
    {
        Dispute storage dispute = _open(disputeId);
        uint128 settled = dispute.settledClaim;
        if (maxClaimableAmount <= dispute.maxClaimableAmount || maxClaimableAmount < settled) {
            revert VoucherTooLow(maxClaimableAmount, settled);
        }
        bytes32 digest =
            IInferencePayment(dispute.payment).getVoucherDigest(dispute.channelId, maxClaimableAmount);
        if (_recover(digest, voucherSignature) != dispute.voucherSigner) revert InvalidSignature();

        dispute.closableAt = 0;
        _release(dispute.subnetId, holds[disputeId]);
        emit DisputeAnswered(disputeId, maxClaimableAmount);
    }

    /// @inheritdoc IDisputes
    function closeDispute(bytes32 disputeId) external nonReentrant {
        Dispute storage dispute = _open(disputeId);
        if (block.timestamp < dispute.closableAt) revert AnswerPending(dispute.closableAt);

        dispute.closableAt = 0;
        uint256 subnetId = dispute.subnetId;
        uint128 amount = _take(subnetId, holds[disputeId]);
        uint128 refund = amount / 2;
        // A payer that its token refuses to pay must not keep the dispute open for ever.
        IERC20 token = IERC20(_subnet(subnetId).stakeToken);
        if (!token.trySafeTransfer(dispute.payer, refund)) refund = 0;
        _reward(subnetId, amount - refund);
        emit DisputeClosed(disputeId, dispute.payer, refund, amount - refund);
    }

    /// @inheritdoc IDisputes
    function getDispute(bytes32 disputeId) external view returns (Dispute memory) {
        return disputes[disputeId];
    }

    /// @inheritdoc IDisputes
    function statementDigest(ChannelStatement calldata statement) public view returns (bytes32) {
        return _networkDigest(keccak256(abi.encode(STATEMENT_TYPEHASH, statement)));
    }

    function _freezeFor(bytes32 disputeId, Dispute storage dispute, uint128 overClaim) private {
        (uint256 subnetId, address gateway) = (dispute.subnetId, dispute.gateway);
        (Hold memory hold, uint128 frozen) = _freeze(subnetId, Role.Gateway, gateway, 2 * uint256(overClaim));
        uint40 closableAt = uint40(block.timestamp) + DISPUTE_WINDOW;
        holds[disputeId] = hold;
        dispute.overClaim = overClaim;
        dispute.frozen = frozen;
        dispute.closableAt = closableAt;
        emit DisputeOpened(
            disputeId, subnetId, gateway, dispute.payment, dispute.channelId, overClaim, frozen, closableAt
        );
    }

    /// @dev What was claimed of the channel, if the configuration is the channel's.
    function _claimed(ChannelStatement calldata statement, IInferencePayment.ChannelConfig calldata config)
        private
        view
        returns (uint128 claimed)
    {
        IInferencePayment payment = IInferencePayment(statement.payment);
        bytes32 channelId = statement.channelId;
        if (payment.getChannelId(config) != channelId) revert WrongChannel(channelId);
        (, claimed) = payment.channels(channelId);
    }

    function _open(bytes32 disputeId) private view returns (Dispute storage dispute) {
        dispute = disputes[disputeId];
        if (dispute.closableAt == 0) revert DisputeNotOpen(disputeId);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {ChannelDigests} from "./ChannelDigests.sol";
import {IInferencePayment} from "./IInferencePayment.sol";
import {PayerBalances} from "./PayerBalances.sol";

/// @title InferencePayment
/// @notice Channels: escrow in, claims, settlement, refunds and delayed withdrawal.
/// @dev Every function checks, then writes, then calls the token. For each token the contract holds at
/// least: all balances, plus all channels' balance less totalClaimed, plus all receivers' totalClaimed
/// less totalSettled.
contract InferencePayment is ChannelDigests, PayerBalances, Multicall {
    using SafeERC20 for IERC20;

    struct Channel {
        uint128 balance;
        uint128 totalClaimed;
    }

    struct Withdrawal {
        uint128 amount;
        uint40 initiatedAt;
    }

    struct Receiver {
        uint128 totalClaimed;
        uint128 totalSettled;
    }

    /// @inheritdoc IInferencePayment
    uint40 public constant MIN_WITHDRAW_DELAY = 15 minutes;
    /// @inheritdoc IInferencePayment
    uint40 public constant MAX_WITHDRAW_DELAY = 30 days;

    /// @inheritdoc IInferencePayment
    mapping(bytes32 channelId => Channel) public channels;
    /// @inheritdoc IInferencePayment
    mapping(bytes32 channelId => Withdrawal) public pendingWithdrawals;
    /// @inheritdoc IInferencePayment
    mapping(address receiver => mapping(address token => Receiver)) public receivers;
    /// @inheritdoc IInferencePayment
    mapping(bytes32 channelId => uint256) public refundNonce;

    /// @inheritdoc IInferencePayment
    function deposit(ChannelConfig calldata config, uint128 amount, address collector, bytes calldata)
        external
        nonReentrant
    {
        if (collector != address(0)) revert CollectorNotSupported(collector);

        _credit(config, amount);
        _pull(config.token, amount);
    }

    /// @inheritdoc IInferencePayment
    function allocate(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        if (msg.sender != config.payer) revert NotPayer(msg.sender);

        _takeBalance(config.token, amount);
        bytes32 channelId = _credit(config, amount);
        emit BalanceAllocated(msg.sender, config.token, channelId, amount);
    }

    /// @inheritdoc IInferencePayment
    function claim(VoucherClaim[] calldata voucherClaims) external nonReentrant {
        if (voucherClaims.length == 0) revert EmptyBatch();

        for (uint256 row = 0; row < voucherClaims.length; ++row) {
            bool asked = _isReceiverSide(voucherClaims[row].voucher.channel);
            _claimRow(voucherClaims[row], row, asked);
        }
    }

    /// @inheritdoc IInferencePayment
    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature)
        external
        nonReentrant
    {
        if (voucherClaims.length == 0) revert EmptyBatch();
        address authorizer = voucherClaims[0].voucher.channel.receiverAuthorizer;
        _checkSignature(authorizer, getClaimBatchDigest(voucherClaims), authorizerSignature);

        for (uint256 row = 0; row < voucherClaims.length; ++row) {
            bool asked = voucherClaims[row].voucher.channel.receiverAuthorizer == authorizer;
            _claimRow(voucherClaims[row], row, asked);
        }
    }

    /// @inheritdoc IInferencePayment
    function settle(address receiver, address token) external nonReentrant {
        Receiver storage account = receivers[receiver][token];
        uint128 amount = account.totalClaimed - account.totalSettled;
        if (amount == 0) return;

        account.totalSettled = account.totalClaimed;
        emit Settled(receiver, token, msg.sender, amount);

        IERC20(token).safeTransfer(receiver, amount);
    }

    /// @inheritdoc IInferencePayment
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        _checkPayerSide(config);
        if (amount == 0) revert ZeroAmount();
        bytes32 channelId = getChannelId(config);
        if (pendingWithdrawals[channelId].initiatedAt != 0) revert WithdrawalPending(channelId);
        uint128 available = _unclaimed(channels[channelId]);
        if (amount > available) revert AmountAboveAvailable(amount, available);

        uint40 now40 = uint40(block.timestamp);
        pendingWithdrawals[channelId] = Withdrawal({amount: amount, initiatedAt: now40});
        emit WithdrawInitiated(channelId, amount, now40 + config.withdrawDelay);
    }

    /// @inheritdoc IInferencePayment
    function finalizeWithdraw(ChannelConfig calldata config) external nonReentrant {
        _checkPayerSide(config);
        bytes32 channelId = getChannelId(config);
        Withdrawal memory withdrawal = pendingWithdrawals[channelId];
        if (withdrawal.initiatedAt == 0) revert NoWithdrawalPending(channelId);
        uint256 finalizeAfter = uint256(withdrawal.initiatedAt) + config.withdrawDelay;
        if (block.timestamp < finalizeAfter) revert WithdrawDelayNotElapsed(finalizeAfter);

        Channel storage channel = channels[channelId];
        uint128 amount = _smaller(withdrawal.amount, _unclaimed(channel));
        channel.balance -= amount;
        delete pendingWithdrawals[channelId];
        emit WithdrawFinalized(channelId, msg.sender, amount);

        if (amount != 0) IERC20(config.token).safeTransfer(config.payer, amount);
    }

    /// @inheritdoc IInferencePayment
    function refund(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        if (!_isReceiverSide(config)) revert NotReceiverSide(msg.sender);

        _refund(config, getChannelId(config), amount);
    }

    /// @inheritdoc IInferencePayment
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external nonReentrant {
        bytes32 channelId = getChannelId(config);
        if (nonce != refundNonce[channelId]) revert InvalidRefundNonce(refundNonce[channelId]);
        bytes32 digest = getRefundDigest(channelId, nonce, amount);
        _checkSignature(config.receiverAuthorizer, digest, receiverAuthorizerSignature);

        _refund(config, channelId, amount);
    }

    function _credit(ChannelConfig calldata config, uint128 amount) private returns (bytes32 channelId) {
        _checkConfig(config);
        if (amount == 0) revert ZeroAmount();

        channelId = getChannelId(config);
        Channel storage channel = channels[channelId];
        if (channel.balance == 0) emit ChannelCreated(channelId, config);
        channel.balance = _sum(channel.balance, amount);
        emit Deposited(channelId, msg.sender, amount, channel.balance);
    }

    function _claimRow(VoucherClaim calldata row, uint256 index, bool asked) private {
        bytes32 channelId = getChannelId(row.voucher.channel);
        ClaimFault fault = asked ? _claimFault(channelId, row) : ClaimFault.NotReceiverSide;
        if (fault != ClaimFault.None) {
            emit ClaimSkipped(channelId, msg.sender, index, fault);
            return;
        }

        Channel storage channel = channels[channelId];
        uint128 raised = row.totalClaimed - channel.totalClaimed;
        channel.totalClaimed = row.totalClaimed;
        receivers[row.voucher.channel.receiver][row.voucher.channel.token].totalClaimed += raised;
        emit Claimed(channelId, msg.sender, raised, row.totalClaimed);
    }

    /// @dev Reads only, and calls nothing that a party controls, so that no row can stop the batch.
    function _claimFault(bytes32 channelId, VoucherClaim calldata row) private view returns (ClaimFault) {
        ChannelConfig calldata config = row.voucher.channel;
        Channel memory channel = channels[channelId];
        if (row.totalClaimed <= channel.totalClaimed) return ClaimFault.NotRaised;
        if (row.totalClaimed > row.voucher.maxClaimableAmount) return ClaimFault.AboveVoucher;
        if (row.totalClaimed > channel.balance) return ClaimFault.AboveBalance;

        uint128 raised = row.totalClaimed - channel.totalClaimed;
        uint128 claimed = receivers[config.receiver][config.token].totalClaimed;
        if (raised > type(uint128).max - claimed) return ClaimFault.ReceiverTotalOverflow;

        address signer = config.payerAuthorizer == address(0) ? config.payer : config.payerAuthorizer;
        bytes32 digest = getVoucherDigest(channelId, row.voucher.maxClaimableAmount);
        (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, row.signature);
        bool signed = problem == ECDSA.RecoverError.NoError && recovered == signer;
        return signed ? ClaimFault.None : ClaimFault.BadSignature;
    }

    function _refund(ChannelConfig calldata config, bytes32 channelId, uint128 requested) private {
        if (requested == 0) revert ZeroAmount();
        Channel storage channel = channels[channelId];
        uint128 amount = _smaller(requested, _unclaimed(channel));

        ++refundNonce[channelId];
        if (amount == 0) return;
        channel.balance -= amount;
        _lowerWithdrawal(channelId, amount);
        emit Refunded(channelId, msg.sender, amount);

        IERC20(config.token).safeTransfer(config.payer, amount);
    }

    /// @dev What was refunded needs no withdrawal any more.
    function _lowerWithdrawal(bytes32 channelId, uint128 amount) private {
        Withdrawal storage withdrawal = pendingWithdrawals[channelId];
        if (amount >= withdrawal.amount) delete pendingWithdrawals[channelId];
        else withdrawal.amount -= amount;
    }

    function _unclaimed(Channel memory channel) private pure returns (uint128) {
        return channel.balance - channel.totalClaimed;
    }

    function _smaller(uint128 left, uint128 right) private pure returns (uint128) {
        return left < right ? left : right;
    }

    function _isReceiverSide(ChannelConfig calldata config) private view returns (bool) {
        return msg.sender == config.receiver || msg.sender == config.receiverAuthorizer;
    }

    function _checkPayerSide(ChannelConfig calldata config) private view {
        bool isPayerSide = msg.sender == config.payer || msg.sender == config.payerAuthorizer;
        if (!isPayerSide) revert NotPayerSide(msg.sender);
    }

    function _checkSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        bool signed = SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature);
        if (!signed) revert InvalidSignature();
    }

    function _checkConfig(ChannelConfig calldata config) private pure {
        bool complete = config.payer != address(0) && config.receiver != address(0)
            && config.receiverAuthorizer != address(0) && config.token != address(0);
        if (!complete) revert InvalidChannel();
        uint40 delay = config.withdrawDelay;
        bool inRange = delay >= MIN_WITHDRAW_DELAY && delay <= MAX_WITHDRAW_DELAY;
        if (!inRange) revert WithdrawDelayOutOfRange(delay);
    }
}

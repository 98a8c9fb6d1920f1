// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {ChannelDigests} from "./ChannelDigests.sol";
import {IDepositCollector} from "./IDepositCollector.sol";
import {IInferencePayment} from "./IInferencePayment.sol";
import {PayerBalances} from "./PayerBalances.sol";

/// @notice A channel's escrow: how it comes in, and how it goes back to the payer.
abstract contract Channels is ChannelDigests, PayerBalances {
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
    function deposit(
        ChannelConfig calldata config,
        uint128 amount,
        address collector,
        bytes calldata collectorData
    ) external nonReentrant {
        _credit(config, amount);

        if (collector == address(0)) {
            _pull(config.token, amount);
        } else {
            uint256 held = _held(config.token);
            IDepositCollector(collector).collect(config, amount, collectorData);
            _checkReceived(config.token, held, amount);
        }
    }

    /// @inheritdoc IInferencePayment
    function allocate(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        _checkPayerSide(config);

        _takeBalance(config.payer, config.token, amount);
        bytes32 channelId = _credit(config, amount);
        emit BalanceAllocated(config.payer, config.token, channelId, amount);
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

    function _isReceiverSide(ChannelConfig calldata config) internal view returns (bool) {
        return msg.sender == config.receiver || msg.sender == config.receiverAuthorizer;
    }

    /// @dev Why these totals do not hold, whoever signed them.
    function _totalFault(
        uint256 total,
        uint256 ceiling,
        uint256 balance,
        uint256 claimed,
        uint256 receiverTotal
    ) internal pure returns (ClaimFault) {
        if (total <= claimed) return ClaimFault.NotRaised;
        if (total > ceiling) return ClaimFault.AboveVoucher;
        if (total > balance) return ClaimFault.AboveBalance;
        bool overflows = total - claimed > type(uint128).max - receiverTotal;
        return overflows ? ClaimFault.ReceiverTotalOverflow : ClaimFault.None;
    }

    function _checkSignature(address signer, bytes32 digest, bytes calldata signature) internal view {
        bool signed = SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature);
        if (!signed) revert InvalidSignature();
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

    function _checkPayerSide(ChannelConfig calldata config) private view {
        bool isPayerSide = msg.sender == config.payer || msg.sender == config.payerAuthorizer;
        if (!isPayerSide) revert NotPayerSide(msg.sender);
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

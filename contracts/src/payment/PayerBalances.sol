// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IInferencePayment} from "./IInferencePayment.sol";
import {TransferAuthorization} from "./TransferAuthorization.sol";

/// @notice One balance per payer and token, who may allocate it, and how tokens come in.
abstract contract PayerBalances is IInferencePayment, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IInferencePayment
    mapping(address payer => mapping(address token => uint128)) public balances;
    /// @inheritdoc IInferencePayment
    mapping(address payer => mapping(address authorizer => mapping(address token => uint128))) public
        delegations;

    /// @inheritdoc IInferencePayment
    function depositBalance(address token, uint128 amount) external nonReentrant {
        _addBalance(msg.sender, token, amount);
        _pull(token, amount);
    }

    /// @inheritdoc IInferencePayment
    function depositBalanceWithAuthorization(
        address payer,
        address token,
        uint128 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external nonReentrant {
        _addBalance(payer, token, amount);

        uint256 held = _held(token);
        TransferAuthorization(validAfter, validBefore, nonce, signature).receiveFrom(token, payer, amount);
        _checkReceived(token, held, amount);
    }

    /// @inheritdoc IInferencePayment
    function permit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        nonReentrant
    {
        try IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s) {}
        catch (bytes memory reason) {
            bool suffices = IERC20(token).allowance(msg.sender, address(this)) >= amount;
            if (!suffices) LowLevelCall.bubbleRevert(reason);
        }
    }

    /// @inheritdoc IInferencePayment
    function withdrawBalance(address token, uint128 amount) external nonReentrant {
        uint128 newBalance = _takeBalance(msg.sender, token, amount);
        emit BalanceWithdrawn(msg.sender, token, amount, newBalance);

        IERC20(token).safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IInferencePayment
    function delegate(address authorizer, address token, uint128 cap) external nonReentrant {
        delegations[msg.sender][authorizer][token] = cap;
        emit Delegated(msg.sender, authorizer, token, cap);
    }

    /// @dev Lowers a payer's balance, and the caller's cap where the caller is not the payer; the caller
    /// of this function checks who may and says where the amount goes.
    function _takeBalance(address payer, address token, uint128 amount)
        internal
        returns (uint128 newBalance)
    {
        if (amount == 0) revert ZeroAmount();
        if (msg.sender != payer) _takeDelegation(payer, token, amount);
        uint128 available = balances[payer][token];
        if (amount > available) revert AmountAboveAvailable(amount, available);

        newBalance = available - amount;
        balances[payer][token] = newBalance;
    }

    /// @dev Pulls exactly `amount` from the caller, or reverts.
    function _pull(address token, uint128 amount) internal {
        uint256 held = _held(token);
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        _checkReceived(token, held, amount);
    }

    function _held(address token) internal view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    /// @dev Nothing is credited but what came in, whatever a token or a collector does.
    function _checkReceived(address token, uint256 heldBefore, uint128 amount) internal view {
        uint256 received = _held(token) - heldBefore;
        if (received != amount) revert TransferNotExact(token, amount, received);
    }

    function _sum(uint128 left, uint128 right) internal pure returns (uint128) {
        if (right > type(uint128).max - left) revert AmountOverflow();
        return left + right;
    }

    function _addBalance(address payer, address token, uint128 amount) private {
        if (amount == 0) revert ZeroAmount();

        uint128 newBalance = _sum(balances[payer][token], amount);
        balances[payer][token] = newBalance;
        emit BalanceDeposited(payer, token, amount, newBalance);
    }

    function _takeDelegation(address payer, address token, uint128 amount) private {
        uint128 left = delegations[payer][msg.sender][token];
        if (amount > left) revert AmountAboveDelegation(amount, left);

        delegations[payer][msg.sender][token] = left - amount;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IInferencePayment} from "./IInferencePayment.sol";

/// @notice One balance per payer and token, and how tokens come in.
abstract contract PayerBalances is IInferencePayment, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IInferencePayment
    mapping(address payer => mapping(address token => uint128)) public balances;

    /// @inheritdoc IInferencePayment
    function depositBalance(address token, uint128 amount) external nonReentrant {
        if (amount == 0) revert ZeroAmount();

        uint128 newBalance = _sum(balances[msg.sender][token], amount);
        balances[msg.sender][token] = newBalance;
        emit BalanceDeposited(msg.sender, token, amount, newBalance);

        _pull(token, amount);
    }

    /// @inheritdoc IInferencePayment
    function withdrawBalance(address token, uint128 amount) external nonReentrant {
        uint128 newBalance = _takeBalance(token, amount);
        emit BalanceWithdrawn(msg.sender, token, amount, newBalance);

        IERC20(token).safeTransfer(msg.sender, amount);
    }

    /// @dev Lowers the caller's balance; the caller of this function says where the amount goes.
    function _takeBalance(address token, uint128 amount) internal returns (uint128 newBalance) {
        uint128 available = balances[msg.sender][token];
        if (amount == 0) revert ZeroAmount();
        if (amount > available) revert AmountAboveAvailable(amount, available);

        newBalance = available - amount;
        balances[msg.sender][token] = newBalance;
    }

    /// @dev Pulls exactly `amount` from the caller, or reverts: escrow is never credited with more than
    /// came in, whatever the token does.
    function _pull(address token, uint128 amount) internal {
        uint256 held = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - held;
        if (received != amount) revert TransferNotExact(token, amount, received);
    }

    function _sum(uint128 left, uint128 right) internal pure returns (uint128) {
        if (right > type(uint128).max - left) revert AmountOverflow();
        return left + right;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IStakes} from "./IStakes.sol";

/// @notice Tokens on their way in.
abstract contract Custody is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev Pulls exactly `amount` from the caller, or reverts.
    function _pull(address token, uint128 amount) internal {
        uint256 held = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - held;
        if (received != amount) revert IStakes.TransferNotExact(token, amount, received);
    }
}

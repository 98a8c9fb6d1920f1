// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {IRewardPool} from "../registry/IRewardPool.sol";
import {IInferencePayment} from "./IInferencePayment.sol";
import {PackedClaims} from "./PackedClaims.sol";
import {VoucherClaims} from "./VoucherClaims.sol";

/// @title InferencePayment
/// @notice Escrow and payment channels; here is how claimed tokens are paid out.
/// @dev Every function checks, then writes, then calls the token. For each token the contract holds at
/// least: all balances, plus all channels' balance less totalClaimed, plus all receivers' totalClaimed
/// less totalSettled.
contract InferencePayment is VoucherClaims, PackedClaims, Multicall {
    using SafeERC20 for IERC20;

    /// @inheritdoc IInferencePayment
    uint128 public constant PROTOCOL_FEE_BASIS_POINTS = 50;
    uint128 private constant BASIS_POINTS = 10_000;

    /// @inheritdoc IInferencePayment
    address public immutable REGISTRY;

    constructor(address registry) {
        if (registry.code.length == 0) revert InvalidRegistry(registry);
        REGISTRY = registry;
    }

    /// @inheritdoc IInferencePayment
    function settle(address receiver, address token) external nonReentrant {
        Receiver storage account = receivers[receiver][token];
        uint128 amount = account.totalClaimed - account.totalSettled;
        if (amount == 0) return;

        account.totalSettled = account.totalClaimed;
        emit Settled(receiver, token, msg.sender, amount);

        uint128 fee = _payFee(receiver, token, amount);
        IERC20(token).safeTransfer(receiver, amount - fee);
    }

    /// @dev The fee is the subnet's before the receiver sees a token: a registry or token that refuses it
    /// leaves everything due, and nobody can spare it by sending too little gas.
    function _payFee(address receiver, address token, uint128 amount) private returns (uint128 fee) {
        uint256 subnetId = IRewardPool(REGISTRY).homeSubnet(receiver);
        if (subnetId == 0) return 0;
        fee = uint128(uint256(amount) * PROTOCOL_FEE_BASIS_POINTS / BASIS_POINTS);
        if (fee == 0) return 0;

        emit ProtocolFeePaid(receiver, token, subnetId, fee);
        IERC20(token).forceApprove(REGISTRY, fee);
        IRewardPool(REGISTRY).fundRewards(subnetId, token, fee);
    }
}

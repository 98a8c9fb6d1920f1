// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRewardPool} from "./IRewardPool.sol";
import {IRewards} from "./IRewards.sol";
import {Stakes} from "./Stakes.sol";

/// @notice The reward pools.
abstract contract RewardPool is Stakes {
    mapping(uint256 subnetId => mapping(address token => uint256)) public rewardPool;

    /// @inheritdoc IRewardPool
    function fundRewards(uint256 subnetId, address token, uint128 amount) external nonReentrant {
        _subnet(subnetId);
        if (amount == 0) revert ZeroAmount();

        rewardPool[subnetId][token] += amount;
        emit IRewards.RewardsFunded(subnetId, token, msg.sender, amount);

        _pull(token, amount);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IRewardPool} from "./IRewardPool.sol";
import {IValidatorRegistry} from "./IValidatorRegistry.sol";
import {Subnets} from "./Subnets.sol";

/// @title ValidatorRegistry
/// @notice Stake per subnet, role and operator: bond, unbond, withdraw after the delay.
/// @dev For each token the contract holds at least all bonded and all unbonding stake of the subnets
/// that use it. No constructor arguments, so that the address is the same on every chain.
contract ValidatorRegistry is Subnets, IRewardPool, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    mapping(uint256 subnetId => mapping(Role => mapping(address operator => Stake))) private stakes;
    /// @inheritdoc IValidatorRegistry
    mapping(uint256 subnetId => mapping(Role => uint256)) public totalBonded;
    /// @inheritdoc IRewardPool
    mapping(address operator => uint256 subnetId) public homeSubnet;
    /// @inheritdoc IValidatorRegistry
    mapping(uint256 subnetId => mapping(address token => uint256)) public rewardPool;

    constructor() EIP712("NCN", "2") {}

    /// @inheritdoc IValidatorRegistry
    function stake(uint256 subnetId, Role role, uint128 amount) external nonReentrant {
        Subnet storage subnet = _subnet(subnetId);
        if (amount == 0) revert ZeroAmount();
        Stake storage position = stakes[subnetId][role][msg.sender];
        uint128 bonded = position.bonded + amount;
        uint128 minimum = _minimumStake(subnet, role);
        if (bonded < minimum) revert StakeBelowMinimum(bonded, minimum);

        position.bonded = bonded;
        totalBonded[subnetId][role] += amount;
        if (homeSubnet[msg.sender] == 0) homeSubnet[msg.sender] = subnetId;
        emit Staked(subnetId, role, msg.sender, amount, bonded);

        _pull(subnet.stakeToken, amount);
    }

    /// @inheritdoc IValidatorRegistry
    function unbond(uint256 subnetId, Role role, uint128 amount) external nonReentrant {
        Subnet storage subnet = _subnet(subnetId);
        if (amount == 0) revert ZeroAmount();
        Stake storage position = stakes[subnetId][role][msg.sender];
        if (amount > position.bonded) revert AmountAboveBonded(amount, position.bonded);

        position.bonded -= amount;
        position.unbonding += amount;
        position.releaseAt = uint40(block.timestamp) + subnet.parameters.unbondingDelay;
        totalBonded[subnetId][role] -= amount;
        emit Unbonded(subnetId, role, msg.sender, amount, position.bonded, position.releaseAt);
    }

    /// @inheritdoc IValidatorRegistry
    function withdrawStake(uint256 subnetId, Role role) external nonReentrant {
        Subnet storage subnet = _subnet(subnetId);
        Stake storage position = stakes[subnetId][role][msg.sender];
        uint128 amount = position.unbonding;
        if (amount == 0) revert NothingUnbonding();
        if (block.timestamp < position.releaseAt) revert StillUnbonding(position.releaseAt);

        position.unbonding = 0;
        position.releaseAt = 0;
        emit StakeWithdrawn(subnetId, role, msg.sender, amount);

        IERC20(subnet.stakeToken).safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IRewardPool
    function fundRewards(uint256 subnetId, address token, uint128 amount) external nonReentrant {
        _subnet(subnetId);
        if (amount == 0) revert ZeroAmount();

        rewardPool[subnetId][token] += amount;
        emit RewardsFunded(subnetId, token, msg.sender, amount);

        _pull(token, amount);
    }

    /// @inheritdoc IValidatorRegistry
    function getStake(uint256 subnetId, Role role, address operator) external view returns (Stake memory) {
        return stakes[subnetId][role][operator];
    }

    /// @inheritdoc IValidatorRegistry
    function isActive(uint256 subnetId, Role role, address operator) external view returns (bool) {
        uint128 minimum = _minimumStake(_subnet(subnetId), role);
        uint128 bonded = stakes[subnetId][role][operator].bonded;
        return bonded != 0 && bonded >= minimum;
    }

    /// @dev Pulls exactly `amount` from the caller, or reverts.
    function _pull(address token, uint128 amount) private {
        uint256 held = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - held;
        if (received != amount) revert TransferNotExact(token, amount, received);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {Custody} from "./Custody.sol";
import {IRewardPool} from "./IRewardPool.sol";
import {IStakes} from "./IStakes.sol";
import {Subnets} from "./Subnets.sol";

/// @notice Stake per subnet, role and operator: bond, unbond, withdraw after the delay; and what evidence
/// does to it: freeze, release, take.
/// @dev An operator's stake in a role is bonded + unbonding + frozen, together below 2^128, and a token
/// unit is in exactly one of the three. Freezing takes from the unbonding stake first, which would leave
/// first; a hold remembers the parts, and a release puts them back. Slashing takes all three at once and
/// raises `slashes`, so that holds from before are empty and cannot reach stake that comes later.
abstract contract Stakes is Subnets, Custody, IStakes, IRewardPool {
    using SafeERC20 for IERC20;

    /// @param delay The unbonding delay that was in force at the last unbond.
    /// @param snapshotId At the last unbond, the newest snapshot that the operator was in.
    struct Position {
        uint128 bonded;
        uint128 unbonding;
        uint128 frozen;
        uint40 releaseAt;
        uint32 delay;
        uint32 snapshotId;
        uint24 slashes;
    }

    /// @notice Frozen stake and where it came from.
    struct Hold {
        uint128 bonded;
        uint128 unbonding;
        address operator;
        Role role;
        uint40 releaseAt;
        uint24 slashes;
    }

    mapping(uint256 subnetId => mapping(Role => mapping(address operator => Position))) private positions;
    /// @inheritdoc IStakes
    mapping(uint256 subnetId => mapping(Role => uint256)) public totalBonded;
    /// @inheritdoc IRewardPool
    mapping(address operator => uint256 subnetId) public homeSubnet;

    /// @inheritdoc IStakes
    function stake(uint256 subnetId, Role role, uint128 amount) external nonReentrant {
        address token = _subnet(subnetId).stakeToken;
        if (amount == 0) revert ZeroAmount();
        Position storage position = positions[subnetId][role][msg.sender];
        uint128 waiting = position.unbonding + position.frozen;
        uint128 bonded = position.bonded + amount;
        if (bonded > type(uint128).max - waiting) revert StakeTooLarge();
        uint128 minimum = _minimumStake(subnetId, role);
        if (bonded < minimum) revert StakeBelowMinimum(bonded, minimum);

        position.bonded = bonded;
        totalBonded[subnetId][role] += amount;
        emit Staked(subnetId, role, msg.sender, amount, bonded);
        if (homeSubnet[msg.sender] == 0) _setHome(subnetId);
        if (role == Role.Validator) _afterRaise(subnetId, msg.sender);

        _pull(token, amount);
    }

    /// @inheritdoc IStakes
    function unbond(uint256 subnetId, Role role, uint128 amount) external nonReentrant {
        _subnet(subnetId);
        if (amount == 0) revert ZeroAmount();
        Position storage position = positions[subnetId][role][msg.sender];
        uint128 bonded = position.bonded;
        if (amount > bonded) revert AmountAboveBonded(amount, bonded);

        uint40 delay = _parameters(subnetId).unbondingDelay;
        position.bonded = bonded - amount;
        position.unbonding += amount;
        position.releaseAt = uint40(block.timestamp) + delay;
        // At most MAX_UNBONDING_DELAY.
        // forge-lint: disable-next-line(unsafe-typecast)
        position.delay = uint32(delay);
        totalBonded[subnetId][role] -= amount;
        emit Unbonded(subnetId, role, msg.sender, amount, bonded - amount, position.releaseAt);
        if (role == Role.Validator) {
            position.snapshotId = _newestSnapshotOf(subnetId, msg.sender);
            _afterFall(subnetId, msg.sender);
        }
    }

    /// @inheritdoc IStakes
    function withdrawStake(uint256 subnetId, Role role) external nonReentrant {
        address token = _subnet(subnetId).stakeToken;
        Position storage position = positions[subnetId][role][msg.sender];
        uint128 amount = position.unbonding;
        if (amount == 0) revert NothingUnbonding();
        uint40 freeAt = _withdrawableAt(subnetId, position);
        if (block.timestamp < freeAt) revert StillUnbonding(freeAt);

        position.unbonding = 0;
        position.releaseAt = 0;
        emit StakeWithdrawn(subnetId, role, msg.sender, amount);

        IERC20(token).safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IStakes
    function setHomeSubnet(uint256 subnetId) external {
        _subnet(subnetId);
        bool isMember = _bonded(subnetId, Role.Gateway, msg.sender) != 0
            || _bonded(subnetId, Role.Node, msg.sender) != 0
            || _bonded(subnetId, Role.Validator, msg.sender) != 0;
        if (!isMember) revert NoStakeInSubnet(subnetId, msg.sender);

        _setHome(subnetId);
    }

    /// @inheritdoc IStakes
    function getStake(uint256 subnetId, Role role, address operator) external view returns (Stake memory) {
        Position storage position = positions[subnetId][role][operator];
        return Stake(position.bonded, position.unbonding, position.frozen, position.releaseAt);
    }

    /// @inheritdoc IStakes
    function withdrawableAt(uint256 subnetId, Role role, address operator) external view returns (uint40) {
        Position storage position = positions[subnetId][role][operator];
        return position.unbonding == 0 ? 0 : _withdrawableAt(subnetId, position);
    }

    /// @inheritdoc IStakes
    function isActive(uint256 subnetId, Role role, address operator) external view returns (bool) {
        _subnet(subnetId);
        return _isActive(subnetId, role, operator);
    }

    /// @dev Called when a validator's bonded stake grew.
    function _afterRaise(uint256 subnetId, address operator) internal virtual;

    /// @dev Called when a validator's bonded stake fell.
    function _afterFall(uint256 subnetId, address operator) internal virtual;

    /// @dev The newest snapshot that the operator was in; zero for none.
    function _newestSnapshotOf(uint256 subnetId, address operator) internal view virtual returns (uint32);

    /// @dev When stake that counted in `snapshotId` and in no later one is free: `delay` after the close of
    /// the last epoch of that snapshot or an earlier one.
    function _freeAt(uint256 subnetId, uint32 snapshotId, uint40 delay) internal view virtual returns (uint40);

    function _bonded(uint256 subnetId, Role role, address operator) internal view returns (uint128) {
        return positions[subnetId][role][operator].bonded;
    }

    function _isActive(uint256 subnetId, Role role, address operator) internal view returns (bool) {
        uint128 bonded = _bonded(subnetId, role, operator);
        return bonded != 0 && bonded >= _minimumStake(subnetId, role);
    }

    /// @dev Freezes up to `wanted` of what the operator has, and something at least.
    function _freeze(uint256 subnetId, Role role, address operator, uint256 wanted)
        internal
        returns (Hold memory hold, uint128 amount)
    {
        Position storage position = positions[subnetId][role][operator];
        (uint128 bonded, uint128 unbonding) = (position.bonded, position.unbonding);
        amount = bonded + unbonding;
        // forge-lint: disable-next-line(unsafe-typecast)
        if (wanted < amount) amount = uint128(wanted);
        if (amount == 0) revert NothingToFreeze(subnetId, operator);
        hold.operator = operator;
        hold.role = role;
        hold.unbonding = amount < unbonding ? amount : unbonding;
        hold.bonded = amount - hold.unbonding;
        hold.releaseAt = position.releaseAt;
        hold.slashes = position.slashes;

        position.bonded = bonded - hold.bonded;
        position.unbonding = unbonding - hold.unbonding;
        position.frozen += amount;
        if (hold.unbonding == unbonding) position.releaseAt = 0;
        totalBonded[subnetId][role] -= hold.bonded;
        emit StakeFrozen(subnetId, role, operator, amount);
        if (role == Role.Validator) _afterFall(subnetId, operator);
    }

    /// @dev Puts a hold back to where it came from.
    function _release(uint256 subnetId, Hold memory hold) internal returns (uint128 amount) {
        Position storage position = positions[subnetId][hold.role][hold.operator];
        amount = _unfreeze(position, hold);
        if (amount == 0) return 0;

        position.bonded += hold.bonded;
        position.unbonding += hold.unbonding;
        if (hold.unbonding != 0 && position.releaseAt < hold.releaseAt) position.releaseAt = hold.releaseAt;
        totalBonded[subnetId][hold.role] += hold.bonded;
        emit StakeReleased(subnetId, hold.role, hold.operator, amount);
    }

    /// @dev Takes a hold from the operator; the caller says who gets it.
    function _take(uint256 subnetId, Hold memory hold) internal returns (uint128 amount) {
        amount = _unfreeze(positions[subnetId][hold.role][hold.operator], hold);
        emit StakeSlashed(subnetId, hold.role, hold.operator, amount);
    }

    /// @dev Takes all of the operator's stake; the caller says who gets it.
    function _takeAll(uint256 subnetId, Role role, address operator) internal returns (uint128 amount) {
        Position storage position = positions[subnetId][role][operator];
        amount = position.bonded + position.unbonding + position.frozen;
        totalBonded[subnetId][role] -= position.bonded;
        position.bonded = 0;
        position.unbonding = 0;
        position.frozen = 0;
        position.releaseAt = 0;
        position.slashes += 1;
        emit StakeSlashed(subnetId, role, operator, amount);
        if (role == Role.Validator) _afterFall(subnetId, operator);
    }

    /// @dev A hold from before a slash is empty.
    function _unfreeze(Position storage position, Hold memory hold) private returns (uint128 amount) {
        if (position.slashes != hold.slashes) return 0;
        amount = hold.bonded + hold.unbonding;
        position.frozen -= amount;
    }

    function _withdrawableAt(uint256 subnetId, Position storage position) private view returns (uint40) {
        (uint40 releaseAt, uint32 snapshotId) = (position.releaseAt, position.snapshotId);
        if (snapshotId == 0) return releaseAt;
        uint40 freeAt = _freeAt(subnetId, snapshotId, position.delay);
        return freeAt > releaseAt ? freeAt : releaseAt;
    }

    function _setHome(uint256 subnetId) private {
        homeSubnet[msg.sender] = subnetId;
        emit HomeSubnetChanged(msg.sender, subnetId);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Keeps one in a hundred of every transfer.
contract FeeToken is ERC20("Fee", "FEE") {
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        bool isTransfer = from != address(0) && to != address(0);
        super._update(from, to, amount);
        if (isTransfer) super._update(to, address(0), amount / 100);
    }
}

/// @notice Answers false and moves nothing once it was told to.
contract FalseToken is ERC20("False", "FALSE") {
    bool public refusing;

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function refuse() external {
        refusing = true;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return refusing ? false : super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return refusing ? false : super.transferFrom(from, to, amount);
    }
}

/// @notice Says that it moved the tokens, and moves none.
contract LyingToken is ERC20("Lie", "LIE") {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// @notice As old tokens do: moves, and returns nothing.
contract WordlessToken {
    mapping(address account => uint256) public balanceOf;

    function mint(address account, uint256 amount) external {
        balanceOf[account] += amount;
    }

    function approve(address, uint256) external pure {}

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Refuses to move tokens of or to an account that its issuer does not like.
contract BlacklistToken is ERC20("Black", "LIST") {
    mapping(address account => bool) public listed;

    error Listed(address account);

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function list(address account, bool isListed) external {
        listed[account] = isListed;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (listed[from]) revert Listed(from);
        if (listed[to]) revert Listed(to);
        super._update(from, to, amount);
    }
}

/// @notice Calls back into whoever moves it, and keeps the answer.
contract ReentrantToken is ERC20("Again", "AGAIN") {
    address private target;
    bytes private attack;
    bool public attackSucceeded;
    bytes public answer;

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function arm(address target_, bytes calldata attack_) external {
        target = target_;
        attack = attack_;
        answer = "";
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (attack.length == 0) return;
        bytes memory once = attack;
        attack = "";
        (attackSucceeded, answer) = target.call(once);
    }
}

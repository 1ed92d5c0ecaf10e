# Logging in, changing one's own password, and what is said when a page can't be shown.
login-title = Log in
login-name = Name
login-password = Password
login-button = Log in
login-refused = That name and password don't go together. Check both and try again.
login-wait = Too many attempts. Try again in { $unit ->
    [minutes] { $count ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
   *[seconds] { $count ->
        [one] { $count } second
       *[other] { $count } seconds
    }
}.
login-busy = Many people are logging in at this moment. Try again in a few seconds.
login-ended = You have been logged out, and what you sent was not saved. Log in and do it again.
login-link-spent = This link doesn't work any more: it opens the console once, within 15 minutes. Ask for a new one, or log in here.
login-link-text = This link opens the console once, for whoever presses the button.
login-link-button = Open the console
login-first = There is no account yet. Somebody who can use the server's command line makes the first:
login-forgotten = Forgotten your password? An administrator can set a new one.

password-title = Change password
password-must = Somebody else knows your password. Choose one of your own before you go on.
password-present = Present password
password-new = New password
password-again = New password again
password-rule = At least 10 characters. A few words that don't belong together are easier to keep than signs.
password-others = Everywhere else you will be logged out.
password-button = Change password
password-refused-present = The present password isn't that.
password-refused-again = The new password wasn't the same twice.
password-refused-same = That is the password you have.
password-refused-short = The new password needs at least 10 characters.
password-refused-long = The new password may have at most 200 characters.
password-refused-common = That password is among the first that are guessed. Choose another.
password-refused-name = The new password must not be your name with something around it.
said-password-changed = Your password is changed. Everywhere else you have been logged out.

problem-forbidden = This isn't for you
problem-forbidden-text = Your account may not see or do this. Somebody else in your company can.
problem-stale = This page was too old
problem-stale-text = You have logged in again since it was loaded, so nothing was changed. Load it again and repeat what you did.
problem-missing = There is nothing here
problem-missing-text = The address is wrong, or what was here is gone.
problem-refused = That didn't work
problem-refused-text = The server couldn't make sense of what was sent. Nothing was changed.
problem-failed = The server failed
problem-failed-text = Nothing is lost that was confirmed before. Try again; if it stays, tell your administrator the time.
problem-back = To the start
